package com.example.travelcover.web;

import jakarta.inject.Inject;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.zip.*;
import javax.crypto.Mac;

@WebServlet("/quote/*")
public class QuoteServlet extends HttpServlet {

    @Inject CookieKey key;
    @Inject Payments payments;
    private Map<String, Integer> tariff;

    @Override
    @SuppressWarnings("unchecked")
    public void init() throws ServletException {
        try (ObjectInputStream in = new ObjectInputStream(
                QuoteServlet.class.getResourceAsStream("/tariff-2025.ser"))) {
            tariff = (Map<String, Integer>) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new ServletException("tariff is missing", e);
        }
    }

    @Override
    protected void doPost(HttpServletRequest req, HttpServletResponse res) throws IOException {
        Quote quote = load(req);
        if ("/pay".equals(req.getPathInfo())) {
            res.sendRedirect(payments.begin(quote.product(), quote.premiumCents()));
            return;
        }
        quote.answer(req.getParameterMap());
        quote.price(tariff);
        Cookie cookie = new Cookie("quote", pack(quote));
        cookie.setPath("/");
        cookie.setMaxAge(90 * 24 * 3600);
        res.addCookie(cookie);
        res.sendRedirect("/cover/step-" + quote.step());
    }

    private Quote load(HttpServletRequest req) {
        for (Cookie cookie : req.getCookies() == null ? new Cookie[0] : req.getCookies()) {
            if ("quote".equals(cookie.getName())) {
                return unpack(cookie.getValue());
            }
        }
        return new Quote();
    }

    private Quote unpack(String value) {
        String[] parts = value.split("\\.", 2);
        try (ObjectInputStream in = new ObjectInputStream(new InflaterInputStream(
                new ByteArrayInputStream(Base64.getUrlDecoder().decode(parts[0]))))) {
            Quote quote = (Quote) in.readObject();
            byte[] given = Base64.getUrlDecoder().decode(parts[1]);
            return MessageDigest.isEqual(mac(quote), given) ? quote : new Quote();
        } catch (IOException | ReflectiveOperationException | RuntimeException e) {
            return new Quote();
        }
    }

    private String pack(Quote quote) throws IOException {
        ByteArrayOutputStream state = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(new DeflaterOutputStream(state))) {
            out.writeObject(quote);
        }
        Base64.Encoder text = Base64.getUrlEncoder().withoutPadding();
        return text.encodeToString(state.toByteArray()) + "." + text.encodeToString(mac(quote));
    }

    private byte[] mac(Quote quote) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key.current());
            String fields = quote.product() + "|" + quote.travellers() + "|" + quote.days();
            return mac.doFinal(fields.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
