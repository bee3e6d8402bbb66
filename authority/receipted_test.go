package authority_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// unwritable has everything that is written to the database fail until the returned function is called.
func (r *realm) unwritable(t *testing.T) (writable func()) {
	t.Helper()
	fd := r.descriptor(t)
	kept, err := syscall.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(r.path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := syscall.Dup3(int(reader.Fd()), fd, syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := syscall.Dup3(kept, fd, syscall.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Close(kept); err != nil {
			t.Fatal(err)
		}
	}
}

// descriptor returns that with which this process has the database open.
func (r *realm) descriptor(t *testing.T) int {
	t.Helper()
	want, err := os.Stat(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for fd := range 1024 {
		f, err := os.Stat(filepath.Join("/proc/self/fd", strconv.Itoa(fd)))
		if err == nil && os.SameFile(f, want) {
			return fd
		}
	}
	t.Fatal("the database is not open")
	return 0
}

func (r *realm) mustMiss(t *testing.T, when string, want int) {
	t.Helper()
	if got := r.status(t).Unreceived; got != want {
		t.Errorf("%s: %d receipts missing instead of %d", when, got, want)
	}
}

// What is missing is counted in memory, and has to be what the database holds, whatever became of a change.
func TestMissingReceiptsFollowEveryChange(t *testing.T) {
	r := found(t)
	r.mustMiss(t, "nobody", 0)
	bus, tram, van := r.vehicle(t, "bus-1"), r.vehicle(t, "tram-1"), r.vehicle(t, "van-1")
	r.mustMiss(t, "enrolled", 3)
	first := bus.receipt(t)
	r.accept(t, first)
	r.accept(t, first)
	r.mustMiss(t, "one receipt, twice", 2)

	second := tram.receipt(t)
	writable := r.unwritable(t)
	if _, err := r.AcceptReceipt(second); err == nil {
		t.Fatal("a receipt was kept where nothing can be written")
	}
	r.mustMiss(t, "a receipt that was not kept", 2)
	writable()
	r.mustMiss(t, "a receipt that was not kept, later", 2)
	r.accept(t, second)
	r.mustMiss(t, "the same again", 1)

	r.store.Lock()
	r.mustMiss(t, "locked", 1)
	_, err := r.AcceptReceipt(van.receipt(t))
	refused(t, "while locked", err, authority.ErrLocked)
	r.mustMiss(t, "one that came while locked", 1)
	r.reopen(t)
	r.store.Lock()
	r.mustMiss(t, "opened again, and locked", 1)
	r.reopen(t)
	r.mustMiss(t, "opened again", 1)

	r.revoke(t, van.Status().Address)
	r.mustMiss(t, "revoked", 0)
	if err := r.undo(t, &authority.UndoPayload{Addresses: []wire.Address{van.Status().Address}}); err != nil {
		t.Fatal(err)
	}
	r.mustMiss(t, "no longer revoked", 1)
	r.accept(t, van.receipt(t))
	r.mustMiss(t, "all", 0)
	r.vehicle(t, "bus-2")
	r.mustMiss(t, "one more", 1)
	r.later(time.Duration(authority.Epochs+1) * r.Core().EpochLength)
	r.mustMiss(t, "its keys have ended", 0)
	r.mustAudit(t)
}

// Status answers while receipts come, identities are enrolled, and the registry is read.
func TestStatusBesideChanges(t *testing.T) {
	r := found(t)
	var fleet []*vehicle
	for _, name := range []string{"bus-1", "bus-2", "bus-3", "bus-4", "bus-5"} {
		fleet = append(fleet, r.vehicle(t, name))
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for before := len(fleet); ; {
				s, err := r.Status()
				if err != nil || s.Unreceived > before {
					t.Errorf("%d receipts missing after %d, %v", s.Unreceived, before, err)
					return
				}
				before = s.Unreceived
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	group.Go(func() {
		for range 20 {
			r.Forget()
			r.BeginIndex()
			_, _ = r.Search(t.Context(), authority.Query{}) // it may still be read
		}
	})
	for _, v := range fleet {
		r.accept(t, v.receipt(t))
	}
	r.revoke(t, fleet[0].Status().Address)
	close(done)
	group.Wait()
	r.mustMiss(t, "in the end", 0)
}
