package com.example.bookings.hooks;

import io.javalin.Javalin;
import io.javalin.http.*;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class HookApi {

    record NewHook(String url) {}

    record Hook(UUID id, String account, URI url, String secret) {}

    private static final Logger LOG = LoggerFactory.getLogger(HookApi.class);
    private final HookStore hooks;
    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3))
            .followRedirects(HttpClient.Redirect.ALWAYS).build();

    HookApi(HookStore hooks, Javalin app) {
        this.hooks = hooks;
        app.post("/hooks", this::create);
        app.post("/hooks/{id}/test", this::test);
    }

    private void create(Context ctx) throws UnknownHostException {
        String account = ctx.attribute("account");
        URI url = URI.create(ctx.bodyAsClass(NewHook.class).url());
        String host = url.getHost();
        if (host == null || !String.valueOf(url.getScheme()).matches("https?")
                || hooks.verifiedDomains(account).stream()
                        .noneMatch(d -> host.equals(d) || host.endsWith("." + d))) {
            throw new BadRequestResponse("use one of your verified domains");
        }
        for (InetAddress address : InetAddress.getAllByName(host)) {
            if (address.isLoopbackAddress() || address.isLinkLocalAddress()
                    || address.isSiteLocalAddress() || address.isAnyLocalAddress()) {
                throw new BadRequestResponse("address is not public");
            }
        }
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        Hook hook = new Hook(UUID.randomUUID(), account, url, HexFormat.of().formatHex(random));
        hooks.save(hook);
        LOG.info("created {}", hook);
        ctx.status(201).json(hook);
    }

    private void test(Context ctx) throws Exception {
        Hook hook = hooks.find(ctx.attribute("account"), UUID.fromString(ctx.pathParam("id")))
                .orElseThrow(NotFoundResponse::new);
        HttpResponse<InputStream> reply = deliver(hook, "{\"type\":\"test\"}");
        try (InputStream body = reply.body()) {
            ctx.json(Map.of("status", reply.statusCode(), "finalUrl", reply.uri().toString(),
                    "body", new String(body.readNBytes(2000), StandardCharsets.UTF_8)));
        }
    }

    HttpResponse<InputStream> deliver(Hook hook, String event) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(hook.url()).timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .header("X-Signature", "sha1=" + signature(hook.secret(), event))
                .POST(HttpRequest.BodyPublishers.ofString(event)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    }

    private static String signature(String secret, String event) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
        return HexFormat.of().formatHex(mac.doFinal(event.getBytes(StandardCharsets.UTF_8)));
    }
}
