package papers_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"marque/app/papers"
)

// folder makes a folder of papers.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet.ceremony")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRemoveLeavesNothing(t *testing.T) {
	dir := folder(t, papers.ApprovalKeyFile, papers.CoreFile, papers.LockoutFile, "backup-1-of-2.txt", "next-core-1-of-1.png",
		".marque-ABCDEFGHIJKLMNOPQRSTUVWXYZ", // of a program that was killed while it wrote a card
		".probe-123")
	if err := papers.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		left, _ := os.ReadDir(dir)
		t.Errorf("%v is left, %v", left, err)
	}
	if err := papers.Remove(dir); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

// What could not be removed is still seen afterwards, and does not keep other secrets there.
func TestRemoveThatFailsIsRepeated(t *testing.T) {
	dir := folder(t, papers.CoreFile, papers.LockoutPDF, "next-core-1-of-1.pdf")
	stuck := filepath.Join(dir, "backup-1-of-1.txt")
	if err := os.MkdirAll(filepath.Join(stuck, "inside"), 0o700); err != nil { // which os.Remove does not remove
		t.Fatal(err)
	}
	if err := papers.Remove(dir); err == nil {
		t.Fatal("what is stuck was removed")
	}
	if left, err := papers.Left(dir); err != nil || len(left) != 1 || left[0].Kind != papers.Core {
		t.Errorf("%v %v", left, err)
	}
	if err := os.RemoveAll(stuck); err != nil {
		t.Fatal(err)
	}
	if err := papers.Remove(dir); err != nil {
		t.Error(err)
	}
}

// Files that lie elsewhere are no papers, whoever made a link to them.
func TestLinkedFolderIsLeftAlone(t *testing.T) {
	dir := folder(t, papers.CoreFile, "backup-1-of-1.pdf")
	link := filepath.Join(t.TempDir(), "fleet.ceremony")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := papers.Left(link); !errors.Is(err, papers.ErrNotOurs) {
		t.Errorf("looked at: %v", err)
	}
	if err := papers.Remove(link); !errors.Is(err, papers.ErrNotOurs) {
		t.Errorf("removed: %v", err)
	}
	if left, err := papers.Left(dir); err != nil || len(left) != 2 {
		t.Errorf("%v %v", left, err)
	}
}
