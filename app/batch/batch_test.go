package batch_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"marque/app/batch"
	"marque/app/qr"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// newRequest makes what a device asks with.
func newRequest(t testing.TB, name string) []byte {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return requestBy(t, u, name)
}

func requestBy(t testing.TB, u *ibc.EnrolmentKey, name string) []byte {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := wire.Request{Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: [32]byte(key.PublicKey().Bytes()), Time: noon}
	body, err := r.Body()
	if err != nil {
		t.Fatal(err)
	}
	if r.Proof, err = u.Prove(rand.Reader, body); err != nil {
		t.Fatal(err)
	}
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// office is an authority, and who reviews and grants by it.
type office struct{ *authority.Authority }

func newOffice(t testing.TB) office {
	t.Helper()
	dir := t.TempDir()
	cost := hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}
	vault, err := hsm.CreatePassphraseCost(filepath.Join(dir, "vault"), []byte("correct horse battery staple"), cost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := vault.StorageKey()
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Create(filepath.Join(dir, "authority.db"), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	params, err := vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Found(store, vault, params, authority.Founding{Realm: "fleet.example"}, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return office{a}
}

func (o office) grant(requests [][]byte) (all []authority.Granted, err error) {
	err = o.EnrolAll(context.Background(), requests, func(g []authority.Granted) error { all = append(all, g...); return nil })
	return all, err
}

func (o office) preview(t testing.TB, items []batch.Item) *batch.Preview {
	t.Helper()
	p, err := batch.NewPreview(t.Context(), items, o.ReviewAll, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func picture(t testing.TB, request []byte) []byte {
	t.Helper()
	b, err := qr.EncodePNG(wire.RequestText(request))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, path string) []batch.Item {
	t.Helper()
	items, err := batch.Read(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// table writes a table into a new folder and returns its path.
func table(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "table.csv", []byte(text))
	return filepath.Join(dir, "table.csv")
}

// mustRows compares actions, and begins of reasons, with those wanted: "create", "error the name is taken".
func mustRows(t *testing.T, p *batch.Preview, want ...string) {
	t.Helper()
	if len(p.Rows) != len(want) {
		t.Errorf("%d rows, not %d", len(p.Rows), len(want))
	}
	for i, row := range p.Rows[:min(len(p.Rows), len(want))] {
		if got := strings.TrimSpace(row.Result() + " " + row.Reason); !strings.HasPrefix(got, want[i]) || want[i] == row.Result() && row.Reason != "" {
			t.Errorf("row %d, line %d: %q, not %q", i, row.Line, got, want[i])
		}
	}
}

func TestTable(t *testing.T) {
	o := newOffice(t)
	known, taken := newRequest(t, "bus-1"), newRequest(t, "bus-2")
	for _, r := range [][]byte{known, taken} {
		if _, err := o.Enrol(r); err != nil {
			t.Fatal(err)
		}
	}
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first, altered := requestBy(t, u, "bus-3"), newRequest(t, "bus-9")
	altered[len(altered)-1] ^= 1
	text := wire.RequestText
	path := table(t, "\ufeffName;Remark;KIND;Request\r\n"+
		"bus-3;\"new;\nred\";vehicle;"+text(first)+"\r\n"+ // lines 2 and 3
		";;;"+text(known)+"\r\n"+
		"bus-2;;;"+text(newRequest(t, "bus-2"))+"\r\n"+
		";;;\r\n"+
		"bus-4;;;"+text(newRequest(t, "bus-5"))+"\r\n"+
		";;application;"+text(newRequest(t, "bus-6"))+"\r\n"+
		";;;"+text(first)+"\r\n"+
		";;;"+text(requestBy(t, u, "bus-7"))+"\r\n"+
		";;;"+text(newRequest(t, "bus-3"))+"\r\n"+
		";;;"+text(altered)+"\r\n"+
		";;;"+text(first)[:50]+"\r\n"+
		"bus-8;;;\r\n"+
		";;;"+text(newRequest(t, "bus-8"))+";\r\n"+
		"bus-8;; Vehicle ; bus-8.mqr \r\n"+
		";;;missing.mqr\r\n;;;../table.csv\r\n;;;table.csv\r\n")
	write(t, filepath.Dir(path), "bus-8.mqr", newRequest(t, "bus-8"))
	p := o.preview(t, read(t, path))
	mustRows(t, p, "create", "renew", "error the name is taken", "skip the line is empty", "error the request asks for another name",
		"error the request asks for another kind", "skip the same request stands in line 2", "error line 2 has another request with the same enrolment key",
		"error line 2 asks for the same name", "error the request was altered", "error the text was misread", "error the line has no request",
		"error the line has more cells", "create", "error there is no file of that name", "error the file's name leads out", "error this is no enrolment request")
	for i, line := range []int{2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19} {
		if p.Rows[i].Line != line {
			t.Errorf("row %d is of line %d, not %d", i, p.Rows[i].Line, line)
		}
	}
	if r := p.Rows[1]; r.Address != "//fleet.example/Sbus-1~0" || len(strings.Fields(r.Words)) != 8 {
		t.Errorf("%+v", r)
	}
	if s, err := o.Status(); err != nil || s.Identities != 2 {
		t.Errorf("the preview changed something: %+v, %v", s, err)
	}
}

func TestTablesThatAreNone(t *testing.T) {
	for what, c := range map[string]struct {
		text string
		want error
	}{
		"empty":            {"", batch.ErrTable},
		"no column":        {"name,kind\nbus-1,vehicle\n", batch.ErrTable},
		"a column twice":   {"request,Request\nx,y\n", batch.ErrTable},
		"other encoding":   {"request\nb\xfcs\n", batch.ErrTable},
		"UTF-16":           {"\xff\xfer\x00e\x00", batch.ErrTable},
		"quotes":           {"request\n\"x\n", batch.ErrTable},
		"only a head":      {"name,request\n", batch.ErrEmpty},
		"too many":         {"request\n" + strings.Repeat("x\n", batch.MaxRequests+1), batch.ErrTooMany},
		"too many columns": {strings.Repeat(",", 70) + "request\nx\n", batch.ErrTable},
	} {
		if _, err := batch.Read(t.Context(), table(t, c.text), nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := batch.Read(t.Context(), table(t, strings.Repeat("x", batch.MaxTable+1)), nil); err == nil {
		t.Error("too long")
	}
	if _, err := batch.Of("depot", nil); !errors.Is(err, batch.ErrEmpty) {
		t.Error(err)
	}
	if _, err := batch.Of("depot", make([][]byte, batch.MaxRequests+1)); !errors.Is(err, batch.ErrTooMany) {
		t.Error(err)
	}
}

func TestFolder(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	one, two := newRequest(t, "bus-1"), newRequest(t, "bus-2")
	write(t, dir, "a.mqr", one)
	write(t, dir, "b.PNG", picture(t, two))
	write(t, dir, "c.png", picture(t, one))
	write(t, dir, "d.mqr", []byte(wire.RequestText(newRequest(t, "bus-3"))+"\n"))
	write(t, dir, "e.mqr", nil)
	write(t, dir, "f.jpeg", []byte("\xff\xd8 no picture"))
	write(t, dir, ".hidden.mqr", one)
	write(t, dir, "notes.txt", one)
	write(t, dir, "=1+1\x1b[2J.mqr", []byte("x"))
	if err := os.Mkdir(filepath.Join(dir, "g.mqr"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "h.mqr"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	write(t, outside, "x.mqr", newRequest(t, "bus-9"))
	for link, to := range map[string]string{"i.mqr": "/dev/zero", "j.mqr": filepath.Join(outside, "x.mqr"), "k.mqr": "a.mqr"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := o.preview(t, read(t, dir))
	mustRows(t, p, "error this is no enrolment request", "create", "create", "skip the same request stands in a.mqr", "create",
		"error this is no enrolment request", "error the picture is not complete", "error it is no regular file", "error it is no regular file",
		"error it is no regular file", "error it is no regular file", "error it is no regular file", "skip neither an .mqr nor an .mqa file, nor a picture")
	if s := p.Rows[0].Source; s != "=1+1?[2J.mqr" {
		t.Errorf("shown as %q", s)
	}
	if _, err := batch.Read(t.Context(), t.TempDir(), nil); !errors.Is(err, batch.ErrEmpty) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := batch.Read(ctx, dir, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestGrant(t *testing.T) {
	o := newOffice(t)
	var requests [][]byte
	for i := range batch.MaxGrant + 6 {
		requests = append(requests, newRequest(t, fmt.Sprintf("bus-%d", i)))
	}
	if _, err := o.Enrol(requests[3]); err != nil {
		t.Fatal(err)
	}
	items, err := batch.Of("depot north", append(requests, requests[0]))
	if err != nil {
		t.Fatal(err)
	}
	p := o.preview(t, items)
	if _, err := o.Enrol(newRequest(t, "bus-5")); err != nil { // meanwhile
		t.Fatal(err)
	}
	packages, told := map[string][]byte{}, 0
	keep := func(row *batch.Row, issued *authority.Issued) error {
		if row.Name == "bus-7" {
			row.Lose(errors.New("the drawer is full"))
			return nil
		}
		row.Package = "drawer/" + row.Name
		packages[row.Address] = issued.Package
		return nil
	}
	if err := p.Grant(t.Context(), o.grant, keep, func(done, _ int) { told = done }); err != nil {
		t.Fatal(err)
	}
	want := slices.Repeat([]string{"created"}, len(items))
	want[3], want[5], want[7], want[len(items)-1] = "renewed", "error the name is taken", "error it was enrolled, but", "skip the same"
	mustRows(t, p, want...)
	if len(packages) != len(requests)-2 || told != len(requests) || p.Done() != len(requests)-1 || len(p.Errors()) != 2 {
		t.Errorf("%d packages, told of %d, %d done", len(packages), told, p.Done())
	}
	again := o.preview(t, items)
	err = again.Grant(t.Context(), o.grant, func(row *batch.Row, issued *authority.Issued) error {
		if before := packages[row.Address]; before != nil && !bytes.Equal(before, issued.Package) {
			t.Errorf("%s has another package", row.Address)
		}
		return nil
	}, nil)
	if err != nil || again.Count(batch.Renew) != len(requests)-1 || again.Count(batch.Create) != 0 {
		t.Errorf("%d again, %v", again.Count(batch.Renew), err)
	}
	if s, err := o.Status(); err != nil || s.Identities != uint64(len(requests)) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestGrantStops(t *testing.T) {
	o := newOffice(t)
	var requests [][]byte
	for i := range 2*batch.MaxGrant + 1 {
		requests = append(requests, newRequest(t, fmt.Sprintf("bus-%d", i)))
	}
	items, err := batch.Of("", requests)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, kept := o.preview(t, items), 0
	grant := func(r [][]byte) ([]authority.Granted, error) {
		cancel() // while it runs
		return o.grant(r)
	}
	err = p.Grant(ctx, grant, func(*batch.Row, *authority.Issued) error { kept++; return nil }, nil)
	if !errors.Is(err, context.Canceled) || kept != batch.MaxGrant || p.Done() != kept {
		t.Errorf("%d kept, %d done, %v", kept, p.Done(), err)
	}
	full := errors.New("the disk is full")
	err = p.Grant(t.Context(), o.grant, func(*batch.Row, *authority.Issued) error { kept++; return full }, nil)
	if !errors.Is(err, full) || kept != batch.MaxGrant+1 {
		t.Errorf("%d kept, %v", kept, err)
	}
	gone := errors.New("the service is gone")
	p = o.preview(t, items)
	err = p.Grant(t.Context(), func([][]byte) ([]authority.Granted, error) { return nil, gone }, nil, nil)
	if !errors.Is(err, gone) {
		t.Error(err)
	}
}

func TestReport(t *testing.T) {
	o := newOffice(t)
	path := table(t, "name,request\n=cmd(),x.mqr\n"+"bus-1,"+wire.RequestText(newRequest(t, "bus-1"))+"\n")
	p := o.preview(t, read(t, path))
	var b bytes.Buffer
	if err := batch.WriteCSV(&b, p.Rows); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][2] != "'=cmd()" || rows[2][4] != "create" || rows[1][8] == "" {
		t.Errorf("%q, %v", rows, err)
	}
	if err := batch.WriteCSV(failing{}, p.Rows); err == nil {
		t.Error("a write that failed")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzTable: whatever a table holds, reading it ends, and every row has a place and something to say.
func FuzzTable(f *testing.F) {
	f.Add([]byte("name;kind;request\nbus-1;vehicle;" + wire.RequestText(newRequest(f, "bus-1")) + "\n;;\n"))
	f.Add([]byte("\ufeffrequest\n\"a\nb\",c\n../x\n=1\n"))
	f.Add([]byte("request,name\r\nx\ry,\"\"\"\"\r\n"))
	dir := f.TempDir()
	review := func(requests [][]byte) ([]authority.Verdict, error) {
		return make([]authority.Verdict, len(requests)), nil
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		write(t, dir, "table.csv", b)
		items, err := batch.Read(t.Context(), filepath.Join(dir, "table.csv"), nil)
		if err != nil {
			return
		}
		p, err := batch.NewPreview(t.Context(), items, review, nil)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, row := range p.Rows {
			if row.Line <= line || (row.Reason == "") != (row.Action == batch.Create) || (row.Words == "") && row.Action == batch.Create {
				t.Errorf("after line %d: %+v", line, row)
			}
			line = row.Line
		}
		var out bytes.Buffer
		if err := batch.WriteCSV(&out, p.Rows); err != nil {
			t.Fatal(err)
		}
		back, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(back) != len(p.Rows)+1 {
			t.Errorf("the report has %d rows, %v", len(back), err)
		}
	})
}
