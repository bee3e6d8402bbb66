package e2e

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"marque/device/ibc"
	"marque/device/wire"
)

// requests N FILE writes a table of N new requests, of vehicles called bus-0 and so on.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "requests N FILE")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b bytes.Buffer
	b.WriteString("name,request\n")
	for i := range n {
		name := fmt.Sprintf("bus-%d", i)
		request, err := newRequest(name)
		ts.Check(err)
		fmt.Fprintf(&b, "%s,%s\n", name, wire.RequestText(request))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

func newRequest(name string) ([]byte, error) {
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	r := wire.Request{
		Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: [32]byte(key.PublicKey().Bytes()), Time: time.Now().UTC().Truncate(time.Second),
	}
	body, err := r.Body()
	if err != nil {
		return nil, err
	}
	if r.Proof, err = u.Prove(rand.Reader, body); err != nil {
		return nil, err
	}
	return r.Marshal()
}

// issued TABLE REPORT FOLDER makes sure that each request of a table has one serial of its own, which the report names, and its package
// in the folder, and that the folder holds no others.
func issued(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 3, "issued TABLE REPORT FOLDER")
	table, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	report, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[1]))).ReadAll()
	ts.Check(err)
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[2]), "*.mqp"))
	ts.Check(err)
	if len(report) != len(table) || len(files) != len(table)-1 {
		ts.Fatalf("%d requests, %d rows, %d packages", len(table)-1, len(report)-1, len(files))
	}
	serials := map[uint32]bool{}
	for i, row := range report[1:] {
		address, err := wire.ParseAddress(row[5])
		ts.Check(err)
		serials[address.Serial()] = true
		pkg, _, err := wire.OpenPackage([]byte(ts.ReadFile(row[6])))
		ts.Check(err)
		b, err := wire.ParseRequestText(table[i+1][1])
		ts.Check(err)
		request, err := wire.ParseRequest(b)
		ts.Check(err)
		if pkg.RequestHash != request.Hash() || address.Name() != request.Name {
			ts.Fatalf("row %d: %s is of another request", i+1, row[6])
		}
	}
	if len(serials) != len(table)-1 {
		ts.Fatalf("%d serials for %d requests", len(serials), len(table)-1)
	}
}
