package storage_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"marque/storage"
)

// crashPath makes the test binary the child of TestKilledWriterLosesNothing.
const crashPath = "STORAGE_TEST_WRITE_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashPath); path != "" {
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver enrols one device after the other and prints each serial once
// the store said that it is on the disk.
func writeForEver(path string) error {
	s, err := storage.Open(path)
	if err != nil {
		return err
	}
	if err := s.Unlock(testKey); err != nil {
		return err
	}
	var t testing.T // for the makers of records, which fail on nothing here
	for {
		var serial uint32
		err := s.Update(func(tx *storage.Tx) error {
			var err error
			if serial, err = tx.NextSerial(); err != nil {
				return err
			}
			if serial%7 == 0 {
				if err := tx.AddList(serial+1, entry(serial)); err != nil {
					return err
				}
			}
			return enrol(&t, tx)
		})
		if err != nil {
			return err
		}
		fmt.Println(serial)
	}
}

func TestKilledWriterLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "authority.db")
	s, err := storage.Create(path, testKey)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	rng := rand.New(rand.NewPCG(5, 6))
	acknowledged := -1
	for range 20 {
		last := runAndKill(t, path, 1+rng.IntN(40))
		if last <= acknowledged {
			t.Fatalf("the writer acknowledged %d after %d", last, acknowledged)
		}
		acknowledged = last
		checkAfterCrash(t, path, acknowledged)
	}
}

// runAndKill lets a child write until it acknowledged n changes, kills it in the
// middle of whatever it does, and returns the last serial that it acknowledged.
func runAndKill(t *testing.T, path string, n int) int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashPath+"="+path)
	var problem strings.Builder
	child.Stderr = &problem
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	lines := bufio.NewReader(out)
	for read := 0; ; read++ {
		if read == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // what follows the last line break was never acknowledged
		}
		if err != nil {
			t.Fatal(err)
		}
		if last, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := child.Wait(); err == nil || problem.Len() > 0 {
		t.Fatalf("the writer ended by itself: %v %s", err, &problem)
	}
	return last
}

func checkAfterCrash(t *testing.T, path string, acknowledged int) {
	t.Helper()
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	err = s.View(func(tx *storage.Tx) error {
		// The change under way when the child died may be there as a whole.
		if n := tx.Count(); n != uint64(acknowledged)+1 && n != uint64(acknowledged)+2 {
			t.Errorf("%d acknowledged, %d stored", acknowledged+1, n)
		}
		newest, err := tx.Checkpoint()
		if err != nil {
			return err
		}
		if tx.LogSize() != tx.Count() || newest.Size != tx.LogSize() {
			t.Errorf("%d log entries, a checkpoint of %d, %d identities", tx.LogSize(), newest.Size, tx.Count())
		}
		for id, err := range tx.Identities(0) {
			if err != nil {
				return err
			}
			if err := checkOne(tx, id); err != nil {
				return fmt.Errorf("serial %d: %w", id.Serial, err)
			}
		}
		return errors.Join(tx.VerifyLog(), tx.VerifyRegistry())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkOne(tx *storage.Tx, id *storage.Identity) error {
	got, err1 := tx.LogEntry(uint64(id.Serial))
	stored, err2 := tx.Package(id.Serial)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if string(got) != string(entry(id.Serial)) || string(stored) != string(pkg(id.Serial)) {
		return errors.New("log or package do not belong to the identity")
	}
	if id.Serial%7 == 0 {
		_, err := tx.List(id.Serial + 1)
		return err
	}
	return nil
}
