package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
)

// batchFolder makes the test binary the child of TestBatchKilled.
const batchFolder = "AUTHORITY_TEST_ENROL_IN"

const killedBatch = authority.MaxTogether + 10

// mortal is a master that kills its process when it is to make a certain key.
type mortal struct {
	*hsm.Vault

	left atomic.Int64
}

func (m *mortal) Extract(id ibc.Identity, u [32]byte) (*ibc.PartialKey, error) {
	if m.left.Add(-1) == 0 {
		die()
	}
	return m.Vault.Extract(id, u)
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// enrolAndDie enrols the folder's batch, writes each package down when it has it, and dies where the folder says.
func enrolAndDie(dir string) error {
	store, vault, err := openFolder(dir)
	if err != nil {
		return err
	}
	where, err := os.ReadFile(filepath.Join(dir, "where"))
	if err != nil {
		return err
	}
	m := &mortal{Vault: vault}
	switch string(where) {
	case "first keys":
		m.left.Store(7)
	case "later keys":
		m.left.Store((authority.MaxTogether + 5) * authority.Epochs)
	}
	a, err := authority.Open(store, m, func() time.Time { return founded.Add(24 * time.Hour) })
	if err != nil {
		return err
	}
	c := &deadlyLater{path: filepath.Join(dir, "counter"), left: 100}
	if string(where) == "counter" {
		c.left = 1
	}
	if err := a.SetCounter(c); err != nil {
		return err
	}
	var requests [][]byte
	for i := range killedBatch {
		b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("request-%d", i)))
		if err != nil {
			return err
		}
		requests = append(requests, b)
	}
	err = a.EnrolAll(context.Background(), requests, func(granted []authority.Granted) error {
		for _, g := range granted {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("package-%d", g.Index)), g.Issued.Package, 0o600); err != nil {
				return err
			}
		}
		if string(where) == "between" {
			die()
		}
		return nil
	})
	return fmt.Errorf("nothing killed: %w", err)
}

// deadlyLater is a counter in a file that kills its process instead of its last step.
type deadlyLater struct {
	path string
	left int
}

func (d *deadlyLater) Value() (uint64, error) {
	b, err := os.ReadFile(d.path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(b), 10, 64)
}

func (d *deadlyLater) Advance() (uint64, error) {
	if d.left--; d.left == 0 {
		die()
	}
	v, err := d.Value()
	if err != nil {
		return 0, err
	}
	return v + 1, os.WriteFile(d.path, strconv.AppendUint(nil, v+1, 10), 0o600)
}

// TestBatchKilled: wherever the process dies, the same batch again gives each request one serial, and the package that it got before.
func TestBatchKilled(t *testing.T) {
	for where, had := range map[string]int{
		"first keys": 0, "later keys": authority.MaxTogether, "between": authority.MaxTogether, "counter": 0,
	} {
		t.Run(where, func(t *testing.T) {
			r := vaultAndStore(t)
			r.foundWith(t, authority.Founding{Realm: "fleet.example", Counter: &counter{value: 5}})
			dir := filepath.Dir(r.path)
			write(t, filepath.Join(dir, "counter"), "6")
			write(t, filepath.Join(dir, "where"), where)
			devices, requests := requesters(t, "bus", killedBatch, r.now)
			for i, request := range requests {
				write(t, filepath.Join(dir, fmt.Sprintf("request-%d", i)), string(request))
			}
			if err := r.store.Close(); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), batchFolder+"="+dir)
			if out, err := child.CombinedOutput(); err == nil || len(out) > 0 {
				t.Fatalf("the child ended by itself: %v %s", err, out)
			}
			r.now = founded.Add(24 * time.Hour)
			r.open(t)
			if err := r.SetCounter(&deadlyLater{path: filepath.Join(dir, "counter"), left: 100}); err != nil {
				t.Fatal(err)
			}
			granted, _ := r.enrolAll(t, requests)
			r.compare(t, dir, devices, granted, had)
		})
	}
}

// compare holds the packages against those that the child wrote down.
func (r *realm) compare(t *testing.T, dir string, devices []*requester, granted []authority.Granted, had int) {
	t.Helper()
	serials := map[uint32]bool{}
	for i, g := range granted {
		serials[g.Issued.Address.Serial()] = true
		before, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("package-%d", i)))
		if (i < had) != (err == nil) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("package %d: %v", i, err)
		}
		if err == nil && (!bytes.Equal(before, g.Issued.Package) || !g.Issued.Again) {
			t.Errorf("package %d is another one", i)
		}
		if p, _, err := wire.OpenPackage(g.Issued.Package); err != nil || p.RequestHash != devices[i].body.Hash() {
			t.Errorf("package %d: %v", i, err)
		}
	}
	if n := r.status(t).Identities; len(serials) != killedBatch || n != killedBatch {
		t.Errorf("%d serials, %d identities for %d requests", len(serials), n, killedBatch)
	}
	r.mustAudit(t)
}
