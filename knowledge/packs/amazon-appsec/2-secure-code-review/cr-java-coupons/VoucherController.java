package com.example.cinema.vouchers;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.*;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.transaction.annotation.Transactional;
import jakarta.annotation.security.RolesAllowed;
import java.security.Principal;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.*;
import java.util.stream.IntStream;

@Controller("/vouchers")
@ExecuteOn(TaskExecutors.BLOCKING)
public class VoucherController {

    private static final String COLUMNS = "r.id, r.voucher_id, r.member, r.booking_id, r.state";
    private static final SecureRandom RANDOM = new SecureRandom();
    private final Object[] locks = IntStream.range(0, 64).mapToObj(i -> new Object()).toArray();
    private final Vouchers vouchers;
    private final Redemptions redemptions;
    private final Bookings bookings;

    VoucherController(Vouchers vouchers, Redemptions redemptions, Bookings bookings) {
        this.vouchers = vouchers;
        this.redemptions = redemptions;
        this.bookings = bookings;
    }

    @Post("/batches")
    @RolesAllowed("MARKETING")
    public List<String> batch(@Body NewBatch body) {
        return IntStream.range(0, Math.min(body.count(), 50_000)).mapToObj(i -> {
            String code = "CINE-" + String.format("%06d", RANDOM.nextInt(1_000_000));
            return vouchers.saveIfNew(code, body.centsOff(), body.startsAt(), body.endsAt());
        }).filter(Objects::nonNull).toList();
    }

    @Post("/redeem")
    @Transactional
    public HttpResponse<?> redeem(Principal member, @Body Redeem body) {
        synchronized (locks[Math.floorMod(body.code().hashCode(), locks.length)]) {
            Voucher voucher = vouchers.findByCode(body.code()).orElse(null);
            Instant at = body.soldAt() == null ? Instant.now() : body.soldAt();
            if (voucher == null || at.isBefore(voucher.startsAt()) || at.isAfter(voucher.endsAt())) {
                return HttpResponse.notFound(Map.of("error", "not a valid code"));
            }
            if (voucher.used() >= voucher.maxUses()) {
                return HttpResponse.badRequest(Map.of("error", "used up"));
            }
            bookings.takeOff(body.bookingId(), member.getName(), voucher.centsOff());
            vouchers.update(voucher.withUsed(voucher.used() + 1));
            return HttpResponse.created(redemptions.save(new Redemption(
                    null, voucher.id(), member.getName(), body.bookingId(), "ACTIVE")));
        }
    }

    @Post("/redemptions/{id}/cancel")
    @Transactional
    public HttpResponse<?> cancel(Principal member, Long id) {
        Redemption made = redemptions.findByIdAndMember(id, member.getName()).orElseThrow();
        bookings.restorePrice(made.bookingId(), member.getName());
        redemptions.setState(id, "CANCELLED");
        vouchers.giveBackUse(made.voucherId());
        return HttpResponse.noContent();
    }

    @Get("/mine")
    public List<Redemption> mine(Principal member) {
        return redemptions.latest(member.getName());
    }

    @JdbcRepository(dialect = Dialect.POSTGRES)
    public interface Redemptions extends CrudRepository<Redemption, Long> {
        @Query("SELECT " + COLUMNS + " FROM redemption r WHERE r.member = :member"
                + " ORDER BY r.id DESC LIMIT 20")
        List<Redemption> latest(String member);

        @Query("UPDATE redemption SET state = :state WHERE id = :id")
        void setState(Long id, String state);

        Optional<Redemption> findByIdAndMember(Long id, String member);
    }
}
