package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/device/wire"
)

var update = flag.Bool("update", false, "write tests/vectors/wire anew; say why in the commit")

const vectorDir = "../../tests/vectors/wire"

// vector is one file: an input, what it is to be read as, and what must come of it. A second implementation reads these
// and nothing else. Octets are lower-case hexadecimal.
type vector struct {
	Comment string            `json:"comment"`
	Object  string            `json:"object"` // which parser
	Expect  string            `json:"expect"` // ok, or the name of the error
	Seeds   map[string]string `json:"seeds,omitempty"`
	Type    wire.Type         `json:"type,omitempty"` // of a statement
	Realm   string            `json:"realm,omitempty"`
	Key     string            `json:"key,omitempty"`   // statement key
	Text    string            `json:"text,omitempty"`  // input, if it is text
	Input   string            `json:"input,omitempty"` // input, if it is octets
	Derived map[string]string `json:"derived,omitempty"`
}

var errorNames = map[string]error{
	"ok": nil, "ErrTooLong": wire.ErrTooLong, "ErrEncoding": wire.ErrEncoding, "ErrValue": wire.ErrValue, "ErrTime": wire.ErrTime,
	"ErrAddress": wire.ErrAddress, "ErrName": wire.ErrName, "ErrSPID": wire.ErrSPID, "ErrStatementKey": wire.ErrStatementKey,
	"ErrType": wire.ErrType, "ErrRealm": wire.ErrRealm, "ErrSignature": wire.ErrSignature, "ErrProof": wire.ErrProof,
	"ErrChecksum": wire.ErrChecksum, "ErrOverlap": wire.ErrOverlap,
}

// read parses the input and returns what follows from it.
func (v *vector) read(t *testing.T) (derived map[string]string, err error) {
	t.Helper()
	in, err := hex.DecodeString(v.Input)
	if err != nil {
		t.Fatal(err)
	}
	switch v.Object {
	case "address":
		return deriveAddress(v.Text)
	case "request text":
		b, err := wire.ParseRequestText(v.Text)
		return hexes("octets", b), err
	case "statement":
		key, err := hex.DecodeString(v.Key)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := wire.OpenStatement(in, v.Type, v.Realm, [32]byte(key))
		return hexes("payload", payload), err
	case "core":
		c, err := wire.ParseCore(in)
		return derive(c, err, func() map[string]string { return hexes("hash", c.Hash()) })
	case "request":
		r, err := wire.ParseRequest(in)
		return derive(r, err, func() map[string]string { return hexes("hash", r.Hash()) })
	case "receipt":
		r, err := wire.ParseReceipt(in)
		return derive(r, err, func() map[string]string { return deriveReceipt(t, r) })
	case "region":
		r, err := wire.ParseRegionFile(in)
		return derive(r, err, func() map[string]string { return hexes("hash", r.Hash()) })
	case "broadcast":
		b, err := wire.ParseBroadcast(in)
		return derive(b, err, func() map[string]string { return hexes("id", b.ID(), "signed", b.Signed()) })
	case "several":
		s, err := wire.ParseSeveral(in)
		return derive(s, err, func() map[string]string {
			return hexes("id", s.ID(), "aad", s.Header(), "bound", s.Bound(), "signed, without payload", wire.SeveralSigned(s.Mode, s.Bound(), sent, nil))
		})
	case "opening":
		o, err := wire.ParseOpening(in)
		return derive(o, err, func() map[string]string { return hexes("id", o.ID(), "aad", o.Header()) })
	case "sealed":
		s, err := wire.ParseSealed(in)
		return derive(s, err, func() map[string]string { return hexes("id", s.ID(), "aad", s.Header()) })
	}
	o, ok := everyObject(t)[v.Object]
	if !ok {
		o, ok = spreadObjects(t)[v.Object]
	}
	if v.Object == "datagram" {
		o, ok = datagrams(t), true
	}
	if !ok {
		t.Fatalf("no object %q", v.Object)
	}
	again, err := o.again(in)
	if err == nil && !bytes.Equal(again, in) {
		t.Errorf("encoded again as %x", again)
	}
	return nil, err
}

// derive encodes a parsed object again before it looks at it.
func derive(o marshaller, err error, f func() map[string]string) (map[string]string, error) {
	if err != nil {
		return nil, err
	}
	if _, err = o.Marshal(); err != nil {
		return nil, err
	}
	return f(), nil
}

func deriveAddress(s string) (map[string]string, error) {
	a, err := wire.ParseAddress(s)
	if err != nil {
		return nil, err
	}
	serial := s[strings.LastIndexByte(s, '~')+1:]
	return map[string]string{"sp-id": a.SPID(), "cse": a.CSE(), "name": a.Name(), "serial": serial}, nil
}

// deriveReceipt verifies the receipt in the realm of the vectors, as an answer to the package for the request in vector "request".
func deriveReceipt(t *testing.T, r *wire.Receipt) map[string]string {
	t.Helper()
	request, _ := enrolment(t, "bus-471")
	hash := request.Hash()
	next := must(r.Verify(newRealm(t).core, request.Kind, hash))(t)
	return hexes("request hash", hash, "signed", must(r.Signed(hash))(t), "next request", must(next.Marshal())(t), "next request hash", next.Hash())
}

// hexes pairs names with octets.
func hexes(pairs ...any) map[string]string {
	out := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		var b []byte
		switch v := pairs[i+1].(type) {
		case []byte:
			b = v
		case [16]byte:
			b = v[:]
		case [32]byte:
			b = v[:]
		}
		out[pairs[i].(string)] = hex.EncodeToString(b)
	}
	return out
}

func TestVectors(t *testing.T) {
	want := vectors(t)
	if *update {
		writeVectors(t, want)
	}
	files := must(filepath.Glob(filepath.Join(vectorDir, "*.json")))(t)
	if len(files) != len(want) {
		t.Errorf("%d files, %d vectors: run with -update", len(files), len(want))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b := must(os.ReadFile(file))(t)
			checkVector(t, b)
			if !bytes.Equal(b, want[filepath.Base(file)]) {
				t.Error("this package makes another file of it; a format changed, or somebody edited the file")
			}
		})
	}
}

func checkVector(t *testing.T, b []byte) {
	t.Helper()
	var v vector
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	expect, ok := errorNames[v.Expect]
	if !ok {
		t.Fatalf("expects %q, which is no error", v.Expect)
	}
	derived, err := v.read(t)
	if !isErr(err, expect) {
		t.Fatalf("expected %s: %v", v.Expect, err)
	}
	for name, value := range v.Derived {
		if derived[name] != value {
			t.Errorf("%s is %q, should be %q", name, derived[name], value)
		}
	}
}

// vectors makes the content of every file, by name.
func vectors(t *testing.T) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for name, v := range vectorCases(t) {
		if v.Expect == "ok" {
			derived, err := v.read(t)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			v.Derived = derived
		}
		b := must(json.MarshalIndent(v, "", "  "))(t)
		out[name+".json"] = append(b, '\n')
	}
	return out
}

func writeVectors(t *testing.T, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(vectorDir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(vectorDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(vectorDir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
