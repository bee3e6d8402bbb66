package localapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzRequest sends anything to any call of a service without an authority: it answers with JSON, and makes no mistake.
func FuzzRequest(f *testing.F) {
	for i := range table {
		f.Add(uint8(i), "", []byte("{}"))
	}
	f.Add(uint8(3), strings.Repeat("00", 32), []byte(`{"Plan":"cmVhbG0=","Passphrases":{"Ada":"AAAA"}}`))
	f.Add(uint8(0), "zz", []byte(`[[[[[[[[[[`))
	s, err := New(ServerOptions{Dir: filepath.Join(f.TempDir(), "fleet"), Clock: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	handler := s.handler()
	who := &peer{uid: uint32(os.Geteuid()) + 1}
	f.Fuzz(func(t *testing.T, which uint8, token string, body []byte) {
		route := table[int(which)%len(table)]
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), peerKey{}, who), http.MethodPost, route.path(), strings.NewReader(string(body)))
		r.Header.Set("Content-Type", jsonType)
		r.Header.Set(sessionHeader, token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Fatalf("%s: %s", route.path(), w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: the reply is not JSON: %q", route.path(), w.Body)
		}
	})
}

// FuzzProblem reads anything as an error from a service.
func FuzzProblem(f *testing.F) {
	f.Add(newProblem(ErrSignOn).encode())
	f.Add([]byte(`{"Text":"x","Codes":["hsm.ErrLocked"],"TriesLeft":3}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := parseProblem(b)
		if err == nil {
			t.Fatal("no error is an error, too")
		}
		if again := parseProblem(newProblem(err).encode()); again.Error() != err.Error() && len(err.Error()) < maxText {
			t.Errorf("%q became %q", err, again)
		}
	})
}
