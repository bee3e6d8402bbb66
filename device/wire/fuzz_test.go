package wire_test

import (
	"bytes"
	"testing"

	"marque/device/wire"
)

// fuzz feeds a parser and asserts the one property that all of them have: what is accepted is encoded the same again.
func fuzz(f *testing.F, o object) {
	f.Helper()
	for _, b := range o.valid {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := o.again(b)
		if err == nil && !bytes.Equal(again, b) {
			t.Errorf("accepted %x and encoded it as %x", b, again)
		}
	})
}

func FuzzCore(f *testing.F) { fuzz(f, cborObjects(f)["core"]) }

func FuzzPolicy(f *testing.F) { fuzz(f, cborObjects(f)["policy"]) }

func FuzzCheckpoint(f *testing.F) { fuzz(f, cborObjects(f)["checkpoint"]) }

func FuzzRequest(f *testing.F) { fuzz(f, cborObjects(f)["request"]) }

func FuzzPackage(f *testing.F) { fuzz(f, cborObjects(f)["package"]) }

func FuzzContent(f *testing.F) { fuzz(f, cborObjects(f)["content"]) }

func FuzzChange(f *testing.F) { fuzz(f, cborObjects(f)["change"]) }

func FuzzRegions(f *testing.F) { fuzz(f, cborObjects(f)["regions"]) }

func FuzzTrust(f *testing.F) { fuzz(f, cborObjects(f)["trust"]) }

func FuzzRegionFile(f *testing.F) { fuzz(f, cborObjects(f)["region"]) }

func FuzzBundle(f *testing.F) { fuzz(f, cborObjects(f)["bundle"]) }

func FuzzLogEntry(f *testing.F) { fuzz(f, cborObjects(f)["log entry"]) }

func FuzzReceipt(f *testing.F) { fuzz(f, cborObjects(f)["receipt"]) }

func FuzzRegistration(f *testing.F) { fuzz(f, cborObjects(f)["depot"]) }

func FuzzBatch(f *testing.F) { fuzz(f, cborObjects(f)["batch"]) }

func FuzzReceipts(f *testing.F) { fuzz(f, cborObjects(f)["receipts"]) }

func FuzzManifest(f *testing.F) { fuzz(f, cborObjects(f)["manifest"]) }

func FuzzBroadcast(f *testing.F) { fuzz(f, binaryObjects(f)["broadcast"]) }

func FuzzSealed(f *testing.F) { fuzz(f, binaryObjects(f)["sealed"]) }

func FuzzSeveral(f *testing.F) { fuzz(f, binaryObjects(f)["several"]) }

func FuzzOpening(f *testing.F) { fuzz(f, binaryObjects(f)["opening"]) }

func FuzzEarly(f *testing.F) { fuzz(f, binaryObjects(f)["early"]) }

func FuzzFullRequest(f *testing.F) { fuzz(f, binaryObjects(f)["full-request"]) }

func FuzzPlain(f *testing.F) { fuzz(f, binaryObjects(f)["plain"]) }

func FuzzAuth(f *testing.F) { fuzz(f, binaryObjects(f)["auth"]) }

func FuzzHello(f *testing.F) { fuzz(f, binaryObjects(f)["hello"]) }

// FuzzStatement looks for a second statement of the same signature: the payload is one that was signed, or it is refused.
func FuzzStatement(f *testing.F) {
	all := statements(f)
	signed := all["statement of type policy"]
	for _, o := range all {
		signed.valid = append(signed.valid, o.valid...)
	}
	fuzz(f, signed)
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"//fleet.example/Sbus-4711~17", "//fleet.example/cse1/Cmeter~4294967295", "//a/Sb~0", "Sbus~1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := wire.ParseAddress(s)
		if err != nil {
			return
		}
		again, err := wire.NewAddress(a.SPID(), a.CSE(), a.Name(), a.Serial())
		if err != nil || again != a || a.String() != s {
			t.Errorf("%q became %q and %q: %v", s, a, again, err)
		}
	})
}

func FuzzNewAddress(f *testing.F) {
	f.Add("fleet.example", "", "bus", uint32(1))
	f.Add("fleet.example", "cse1", "bus~1", uint32(0))
	f.Fuzz(func(t *testing.T, spID, cse, name string, serial uint32) {
		a, err := wire.NewAddress(spID, cse, name, serial)
		if err == nil && (a.SPID() != spID || a.CSE() != cse || a.Name() != name || a.Serial() != serial) {
			t.Errorf("%q %q %q %d became %s", spID, cse, name, serial, a)
		}
	})
}

func FuzzRequestText(f *testing.F) {
	f.Add(wire.RequestText([]byte("request")))
	f.Add("MQ1R")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := wire.ParseRequestText(s)
		if err == nil && wire.RequestText(b) != s {
			t.Errorf("accepted %q", s)
		}
	})
}

// FuzzSniff asserts that what a parser takes is named for what it is.
func FuzzSniff(f *testing.F) {
	for _, o := range everyObject(f) {
		f.Add(o.valid[0])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		found := wire.Sniff(b)
		if _, err := wire.ParseRequest(b); err == nil && found != wire.FoundRequest {
			t.Errorf("a request seems to be %s", found)
		}
		if _, err := wire.ParseSealed(b); err == nil && found != wire.FoundSealed {
			t.Errorf("a sealed message seems to be %s", found)
		}
		if _, err := wire.ParseOpening(b); err == nil && found != wire.FoundOpening {
			t.Errorf("an opening seems to be %s", found)
		}
		if _, err := wire.ParseSeveral(b); err == nil && found != wire.FoundSealed {
			t.Errorf("a message to several seems to be %s", found)
		}
	})
}
