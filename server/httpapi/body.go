package httpapi

import (
	"errors"
	"io"
	"net/http"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// maxBody is the largest request body, in bytes.
const maxBody = 1 << 20

// readBody reads a request's body into dest, a pointer to a struct.
func readBody(w http.ResponseWriter, r *http.Request, dest any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return interview.Errorf(interview.CodeTooLarge, "the request has more than %d bytes", maxBody)
		}
		return &interview.Error{Code: interview.CodeInvalid, Message: "the request could not be read to its end", Err: err}
	}
	return strict.Decode("body", raw, dest)
}
