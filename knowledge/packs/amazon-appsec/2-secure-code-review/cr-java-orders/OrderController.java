package com.example.orders;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;

@RestController
@RequestMapping("/api/orders")
public class OrderController {

    private static final Map<String, String> SORT_COLUMNS =
            Map.of("date", "created_at", "total", "total_cents", "status", "status");

    private final JdbcTemplate db;

    public OrderController(JdbcTemplate db) {
        this.db = db;
    }

    @GetMapping("/{orderId}")
    public ResponseEntity<Map<String, Object>> get(@PathVariable long orderId) throws Exception {
        Map<String, Object> order = db.queryForMap(
                "SELECT id, status, total_cents, ship_name, ship_address, phone"
                        + " FROM orders WHERE id = ?", orderId);
        byte[] digest = MessageDigest.getInstance("MD5")
                .digest(order.toString().getBytes(StandardCharsets.UTF_8));
        return ResponseEntity.ok().eTag(HexFormat.of().formatHex(digest)).body(order);
    }

    @GetMapping("/search")
    public List<Map<String, Object>> search(@AuthenticationPrincipal Customer me,
            @RequestParam(defaultValue = "") String text,
            @RequestParam(defaultValue = "date") String sort) {
        String order = " ORDER BY " + SORT_COLUMNS.getOrDefault(sort, "created_at")
                + " DESC LIMIT 50";
        String sql = "SELECT id, status, total_cents, created_at FROM orders"
                + " WHERE customer_id = ? AND note ILIKE '%" + text + "%'" + order;
        return db.queryForList(sql, me.id());
    }

    @PostMapping("/{orderId}/coupon")
    public Map<String, Object> applyCoupon(@AuthenticationPrincipal Customer me,
            @PathVariable long orderId, @RequestBody CouponRequest body) {
        Map<String, Object> order = db.queryForMap(
                "SELECT status FROM orders WHERE id = ? AND customer_id = ?", orderId, me.id());
        Map<String, Object> coupon = db.queryForMap(
                "SELECT value_cents, redeemed FROM coupons WHERE code = ? AND customer_id = ?",
                body.code(), me.id());
        if (!"OPEN".equals(order.get("status")) || Boolean.TRUE.equals(coupon.get("redeemed"))) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, "coupon cannot be applied");
        }
        db.update("UPDATE orders SET total_cents = GREATEST(0, total_cents - ?) WHERE id = ?",
                coupon.get("value_cents"), orderId);
        db.update("UPDATE coupons SET redeemed = TRUE WHERE code = ?", body.code());
        return Map.of("orderId", orderId, "coupon", body.code(), "applied", true);
    }

    @ExceptionHandler(DataAccessException.class)
    public ResponseEntity<Map<String, String>> onDatabaseError(DataAccessException e) {
        return ResponseEntity.status(500).body(Map.of("error", e.getMessage()));
    }

    public record Customer(long id, String email) {}

    public record CouponRequest(String code) {}
}
