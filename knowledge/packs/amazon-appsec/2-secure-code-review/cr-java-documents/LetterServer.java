package com.example.housing.letters;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.UUID;
import java.util.logging.Logger;
import static java.nio.charset.StandardCharsets.UTF_8;

public final class LetterServer {

    private static final Path ROOT = Path.of("/srv/letters");
    private static final Logger PROOF = Logger.getLogger("proof-of-reading");

    public static void start(Authenticator portal) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 8081), 0);
        server.createContext("/letters/", LetterServer::letter).setAuthenticator(portal);
        server.createContext("/replies", LetterServer::reply).setAuthenticator(portal);
        server.start();
    }

    private static void letter(HttpExchange http) throws IOException {
        HttpPrincipal reader = http.getPrincipal();
        boolean officer = "officers".equals(reader.getRealm());
        String raw = http.getRequestURI().getRawPath().substring("/letters/".length());
        if (raw.contains("..") || !(officer || raw.startsWith(reader.getUsername() + "/"))) {
            answer(http, 403, "not your letter");
            return;
        }
        String name = URLDecoder.decode(raw, UTF_8);
        Path file = ROOT.resolve(name).normalize();
        boolean found = Files.isRegularFile(file);
        PROOF.info(Instant.now() + " " + reader.getUsername() + (found ? " opened " : " missed ") + name);
        if (!found) {
            answer(http, 404, "no such letter");
            return;
        }
        Path type = file.resolveSibling(file.getFileName() + ".type");
        http.getResponseHeaders().set("Content-Type",
                Files.exists(type) ? Files.readString(type) : "application/pdf");
        http.getResponseHeaders().set("Cache-Control", "private, no-store");
        http.sendResponseHeaders(200, 0);
        try (http) {
            Files.copy(file, http.getResponseBody());
        }
    }

    private static void reply(HttpExchange http) throws IOException {
        String tenant = http.getPrincipal().getUsername();
        String kind = http.getRequestHeaders().getFirst("Content-Type");
        String shown = http.getRequestHeaders().getFirst("X-File-Name");
        Path folder = Files.createDirectories(ROOT.resolve(tenant).resolve("replies"));
        Path target = folder.resolve(UUID.randomUUID().toString());
        Path partial = Files.createTempFile(folder, "upload", null);
        try (InputStream body = http.getRequestBody()) {
            Files.copy(body, partial, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(target.resolveSibling(target.getFileName() + ".type"),
                kind == null ? "application/pdf" : kind);
        Files.writeString(target.resolveSibling(target.getFileName() + ".title"),
                shown == null ? "reply" : shown);
        answer(http, 201, target.getFileName().toString());
    }

    private static void answer(HttpExchange http, int status, String text) throws IOException {
        byte[] body = text.getBytes(UTF_8);
        http.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        http.sendResponseHeaders(status, body.length);
        try (http) {
            http.getResponseBody().write(body);
        }
    }
}
