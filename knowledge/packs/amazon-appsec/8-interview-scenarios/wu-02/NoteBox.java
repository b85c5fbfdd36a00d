package visits;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

final class NoteBox {
    private static final int TAG_BITS = 128;

    static byte[] seal(SecretKey key, long visitId, byte[] note) throws GeneralSecurityException {
        byte[] iv = ByteBuffer.allocate(12).putLong(4, visitId).array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, iv));
        return cipher.doFinal(note);
    }
}
