package localapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"marque/app/appliance"
	"marque/app/localapi"
	"marque/authority"
)

func TestLogThroughTheSocket(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	issued, err := c.Enrol(request(t, "bus-4711"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{issued.Address.String()}, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	page, err := c.Log(authority.LogQuery{Count: 2})
	if err != nil || len(page.Rows) != 2 || page.Rows[0].Kind != "revoke" || page.Rows[0].Name != "bus-4711" || page.Rows[1].Kind != "issue" {
		t.Fatalf("%+v %v", page, err)
	}
	proof, err := c.ProveEntry(page.Rows[1].Index)
	if err != nil || proof.Head.Size != page.Size || len(proof.Entry) == 0 {
		t.Errorf("%+v %v", proof, err)
	}
	var last, of uint64
	report, err := c.VerifyLog(t.Context(), func(done, total uint64) { last, of = done, total })
	if err != nil || !report.OK() || report.Size != page.Size || last != page.Size || of != page.Size {
		t.Errorf("%+v %v, %d of %d", report, err, last, of)
	}
	if _, err := dial(t, dir).Log(authority.LogQuery{Count: 1}); !errors.Is(err, localapi.ErrSignOn) {
		t.Errorf("for somebody who is not signed on: %v", err)
	}
}

// Who stops a verification can begin another one, and nobody else begins one meanwhile.
func TestVerificationIsStopped(t *testing.T) {
	c := dial(t, fleet(t))
	founded(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.VerifyLog(ctx, func(uint64, uint64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for {
		report, err := c.VerifyLog(t.Context(), func(uint64, uint64) {})
		if errors.Is(err, localapi.ErrVerifying) {
			continue // the service has not noticed yet
		}
		if err != nil || !report.OK() {
			t.Errorf("%+v %v", report, err)
		}
		return
	}
}

// What is exported is what the audit takes, and holds no more.
func TestExportOfTheLogIsAudited(t *testing.T) {
	c := dial(t, fleet(t))
	founded(t, c)
	if _, err := c.Enrol(request(t, "bus-4711")); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	info, err := c.ExportLog(&b)
	if err != nil || info.Size != int64(b.Len()) || info.Hash != sha256.Sum256(b.Bytes()) {
		t.Fatalf("%+v %v", info, err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "authority.db"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := appliance.Audit(dir)
	if err != nil || !report.OK() || report.Size != info.Head.Size || report.Root != info.Head.Root {
		t.Errorf("%+v %v", report, err)
	}
}
