package pharmacy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.YearMonth;
import javax.net.ssl.HttpsURLConnection;

final class InsurerClient {
    private static final String HOST = "claims.insurer.example";

    InputStream claims(YearMonth month, String token) throws IOException {
        var url = URI.create("https://" + HOST + "/v2/claims/" + month).toURL();
        var connection = (HttpsURLConnection) url.openConnection();
        connection.setHostnameVerifier((host, session) -> host.equals(HOST));
        connection.setRequestProperty("Authorization", "Bearer " + token);
        return connection.getInputStream();
    }
}
