package authority_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// crashFolder makes the test binary the child of TestKilledBetweenCommitAndAdvance.
const crashFolder = "AUTHORITY_TEST_DIE_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashFolder); dir != "" {
		fmt.Fprintln(os.Stderr, publishAndDie(dir))
		os.Exit(1)
	}
	if dir := os.Getenv(batchFolder); dir != "" {
		fmt.Fprintln(os.Stderr, enrolAndDie(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// deadly is a counter in a file that kills its process when it is to advance, before or after it did.
type deadly struct {
	path  string
	after bool
}

func (d deadly) Value() (uint64, error) {
	b, err := os.ReadFile(d.path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(b), 10, 64)
}

func (d deadly) Advance() (uint64, error) {
	if d.after {
		v, err := d.Value()
		if err != nil {
			return 0, err
		}
		if err := os.WriteFile(d.path, strconv.AppendUint(nil, v+1, 10), 0o600); err != nil {
			return 0, err
		}
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		return 0, err
	}
	select {}
}

// openFolder opens what a test founded, in its child.
func openFolder(dir string) (*storage.Store, *hsm.Vault, error) {
	vault, err := hsm.Open(filepath.Join(dir, "vault"))
	if err != nil {
		return nil, nil, err
	}
	if err := vault.Unlock(passphrase); err != nil {
		return nil, nil, err
	}
	key, err := vault.StorageKey()
	if err != nil {
		return nil, nil, err
	}
	store, err := storage.Open(filepath.Join(dir, "authority.db"))
	if err != nil {
		return nil, nil, err
	}
	return store, vault, store.Unlock(key)
}

func publishAndDie(dir string) error {
	store, vault, err := openFolder(dir)
	if err != nil {
		return err
	}
	now := func() time.Time { return founded.Add(24 * time.Hour) }
	a, err := authority.Open(store, vault, now)
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(dir, "after"))
	if err := a.SetCounter(deadly{filepath.Join(dir, "counter"), err == nil}); err != nil {
		return err
	}
	_, err = a.Publish()
	return fmt.Errorf("the counter did not kill: %w", err)
}

func TestKilledBetweenCommitAndAdvance(t *testing.T) {
	for _, after := range []bool{false, true} {
		r := vaultAndStore(t)
		c := &counter{value: 5}
		r.foundWith(t, authority.Founding{Realm: "fleet.example", Counter: c})
		dir := filepath.Dir(r.path)
		if after {
			write(t, filepath.Join(dir, "after"), "yes")
		}
		write(t, filepath.Join(dir, "counter"), "6")
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), crashFolder+"="+dir)
		if out, err := child.CombinedOutput(); err == nil || len(out) > 0 {
			t.Fatalf("the child ended by itself: %v %s", err, out)
		}
		if after {
			c.value++
		}
		r.now = founded.Add(24 * time.Hour)
		r.open(t)
		if err := r.SetCounter(c); err != nil {
			t.Fatal(err)
		}
		if s := r.status(t); c.value != 7 || s.Counter != 7 || s.List.Sequence != 2 || s.ReadOnly != "" {
			t.Errorf("the counter stands at %d, %+v", c.value, s)
		}
		r.mustAudit(t)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestMasterIsLockedWhileTheCounterIsCompared: a checkpoint that is ahead needs no signature, only the counter.
func TestMasterIsLockedWhileTheCounterIsCompared(t *testing.T) {
	r, c := counted(t)
	r.publish(t)
	c.value--
	r.vault.Lock()
	defer func() {
		if err := r.vault.Unlock(passphrase); err != nil {
			t.Error(err)
		}
	}()
	if err := r.SetCounter(c); err != nil || c.value != 43 {
		t.Errorf("%d, %v", c.value, err)
	}
	if err := r.Seal(); !strings.Contains(fmt.Sprint(err), "locked") {
		t.Errorf("sealed with a locked master: %v", err)
	}
}
