package appliance_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/backup"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/hsm/hsmtest"
	"marque/storage"
)

func (r *realm) backup() []byte {
	r.t.Helper()
	var out bytes.Buffer
	info, err := r.a.Backup(&out)
	if err != nil {
		r.t.Fatal(err)
	}
	if info.Size != int64(out.Len()) || info.Hash != sha256.Sum256(out.Bytes()) || info.Counter == 0 || info.LogSize == 0 || !info.Time.Equal(r.clock) {
		r.t.Fatalf("info %+v", info)
	}
	if last := r.a.LastBackup(); last == nil || *last != *info {
		r.t.Errorf("the last backup was %+v, and is told as %+v", info, last)
	}
	return out.Bytes()
}

// keys are Ada's and Ben's.
func keys() appliance.Keys {
	return appliance.Keys{PIN: pin, Officers: map[string][]byte{"Ada Berg": people["Ada Berg"], "Ben Cole": people["Ben Cole"]}}
}

// reopen lets Ada and Ben reopen the authority with lists that were found.
func (r *realm) reopen(lists ...[]byte) *authority.Reopened {
	r.t.Helper()
	payload, err := authority.NewReopenPayload(lists, nil).Marshal()
	if err != nil {
		r.t.Fatal(err)
	}
	one, two := r.present("Ada Berg"), r.present("Ada Berg", "Ben Cole")
	_, err = r.a.Authority().Decide(signers(one), authority.ActionRestore, payload)
	wantErr(r.t, err, authority.ErrApprovalsMissing)
	_, err = r.a.Authority().Reopen(lists, nil)
	wantErr(r.t, err, authority.ErrApprovalsMissing)
	if _, err := r.a.Authority().Decide(signers(two), authority.ActionRestore, payload); err != nil {
		r.t.Fatal(err)
	}
	reopened, err := r.a.Authority().Reopen(lists, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.a.Authority().ReadOnly(); err != nil {
		r.t.Fatal(err)
	}
	return reopened
}

func (r *realm) revoked(address wire.Address) bool {
	r.t.Helper()
	id, err := r.a.Authority().Identity(address)
	if err != nil {
		r.t.Fatal(err)
	}
	return id.Revoked != nil
}

func (r *realm) later() { r.clock = r.clock.Add(time.Hour) }

func (r *realm) wantReadOnly(want error) {
	r.t.Helper()
	wantErr(r.t, r.a.Authority().ReadOnly(), want)
	_, err := r.a.Authority().Enrol(request(r.t, "bus-9"))
	wantErr(r.t, err, want)
	if c := r.custody(); !errors.Is(c.ReadOnly, want) {
		r.t.Fatalf("custody says %v", c.ReadOnly)
	}
}

// A backup is made; then identities are issued and revoked; the disk is lost. Nobody is un-revoked by the backup.
func TestRestoredBackupIsReadOnlyUntilReopened(t *testing.T) {
	r := newRealm(t)
	r.drill()
	first, second := r.enrol("bus-1"), r.enrol("bus-2")
	archive := r.backup()
	r.later()
	third := r.enrol("bus-3")
	r.revoke(first)
	r.revoke(third)
	newest := r.publish()
	r.close()
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}

	a, err := appliance.Restore(r.dir, bytes.NewReader(archive), keys(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	if r.a = a; !a.Locked() {
		t.Fatal("it is unlocked")
	}
	checkFolder(t, r.dir, "authority.db cards officers vault")
	if c := r.custody(); c.Drill != appliance.DrillPassed || len(c.Backup.Seen) != 5 {
		t.Fatalf("custody %+v", c)
	}
	r.unlock()
	r.wantReadOnly(authority.ErrRestored)
	if got := r.reopen(newest); got.Merged != 2 || got.Generation < 2 || got.NextSerial < 65536 {
		t.Fatalf("%+v", got)
	}
	if !r.revoked(first) || r.revoked(second) {
		t.Fatal("somebody was un-revoked, or revoked")
	}
	if next := r.enrol("bus-4"); next.Serial() < 65536 {
		t.Fatalf("serial %d may have been given away", next.Serial())
	}
	r.close()
	r.open()
	r.unlock()
	if err := r.a.Authority().ReadOnly(); err != nil {
		t.Fatal(err)
	}
}

// The computer burns. Three backup cards and the backup make the realm anew on another one.
func TestRecoveryFromCardsOntoAnotherTPM(t *testing.T) {
	for _, from := range []string{"a backup", "the old database", "a backup, under a passphrase"} {
		t.Run(from, func(t *testing.T) {
			r := newRealm(t)
			r.drill()
			first, core := r.enrol("bus-1"), r.a.Authority().Core().Hash()
			r.publish()
			archive := r.backup()
			r.later()
			r.revoke(first)
			newest := r.publish()
			r.close()
			if from == "the old database" {
				var err error
				if archive, err = os.ReadFile(filepath.Join(r.dir, "authority.db")); err != nil {
					t.Fatal(err)
				}
			}

			s := unfounded(t)
			s.clock = r.clock
			f := s.founding()
			f.Realm, f.Backup, f.Next = authority.Founding{}, appliance.Cards{}, appliance.Cards{}
			f.Seed, f.Commitments = combine(t, r.founded.Commitments[0], r.founded.Cards[1:4]), r.founded.Commitments
			f.Database = bytes.NewReader(archive)
			if from == "a backup, under a passphrase" {
				f.TPM, f.Officers, f.Needed, f.Passphrase = nil, nil, 0, passphrase
			}
			founded, err := appliance.Found(s.dir, f, s.options)
			if err != nil {
				t.Fatal(err)
			}
			if s.a = founded.Appliance; s.a.Authority().Core().Hash() != core {
				t.Fatal("another core")
			}
			if c := s.custody(); c.Backup == nil || c.Next == nil || c.Drill != appliance.DrillPassed {
				t.Fatalf("custody %+v", c)
			}
			s.wantReadOnly(authority.ErrRestored)
			if f.TPM == nil {
				if _, err := s.a.Authority().Reopen([][]byte{newest}, nil); err != nil {
					t.Fatal(err)
				}
			} else {
				s.reopen(newest)
			}
			if !s.revoked(first) {
				t.Fatal("it was un-revoked")
			}
			s.enrol("bus-2")
			if _, err := s.a.CheckCard(r.founded.Cards[0]); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func combine(t *testing.T, commitments string, texts [][]byte) *hsm.Seed {
	t.Helper()
	c, err := hsm.ParseCommitments(commitments)
	if err != nil {
		t.Fatal(err)
	}
	var shares []*hsm.Share
	for _, text := range texts {
		s, err := hsm.ParseShare(text)
		if err != nil {
			t.Fatal(err)
		}
		shares = append(shares, s)
	}
	seed, err := hsm.Combine(c, shares)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(seed.Erase)
	return seed
}

func TestRecoveryRefusesTheDatabaseOfAnother(t *testing.T) {
	r, other := newRealm(t), newRealm(t)
	archive := other.backup()
	other.close()
	raw, err := os.ReadFile(filepath.Join(other.dir, "authority.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		database []byte
		want     error
	}{
		"backup":   {archive, backup.ErrKey},
		"database": {raw, storage.ErrKey},
		"nothing":  {nil, storage.ErrCorrupt},
		"a photo":  {[]byte("PNG"), storage.ErrCorrupt},
	} {
		s := unfounded(t)
		f := s.founding()
		f.Realm, f.Backup, f.Next = authority.Founding{}, appliance.Cards{}, appliance.Cards{}
		f.Seed, f.Database = combine(t, r.founded.Commitments[0], r.founded.Cards[:3]), bytes.NewReader(test.database)
		if _, err := appliance.Found(s.dir, f, s.options); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
		checkTPMTidy(t, s.tpm)
	}
}

// The folder is put back as it was a week ago.
func TestRollbackIsNoticed(t *testing.T) {
	r := newRealm(t)
	r.drill()
	first := r.enrol("bus-1")
	r.close()
	old, err := os.ReadFile(filepath.Join(r.dir, "authority.db"))
	if err != nil {
		t.Fatal(err)
	}
	r.open()
	r.unlock()
	r.revoke(first)
	newest := r.publish()
	r.close()
	if err := os.WriteFile(filepath.Join(r.dir, "authority.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.unlock()
	r.wantReadOnly(authority.ErrRolledBack)
	if err := r.a.Lock(); err != nil { // nothing to seal
		t.Fatal(err)
	}
	r.unlock()
	r.later()
	r.reopen(newest)
	if !r.revoked(first) {
		t.Fatal("it was un-revoked")
	}
	r.enrol("bus-2")
}

func TestRotationTakesTheCardsOfTheNextCore(t *testing.T) {
	r := newRealm(t)
	old := r.a.Authority().Core()
	next := combine(t, r.founded.Commitments[1], r.founded.Next[:2])
	r.close()

	s := unfounded(t)
	s.clock = r.clock.Add(time.Hour)
	f := s.founding()
	f.Next, f.Core = appliance.Cards{}, old
	f.Realm = authority.Founding{NextUpdate: time.Hour}
	f.Seed = combine(t, r.founded.Commitments[0], r.founded.Cards[:3])
	_, err := appliance.Found(s.dir, f, s.options)
	wantErr(t, err, appliance.ErrNotNext)
	f.Seed, f.Commitments = next, r.founded.Commitments
	f.Core = newRealm(t).a.Authority().Core()
	_, err = appliance.Found(s.dir, f, s.options)
	wantErr(t, err, appliance.ErrNotNext)
	f.Core = old
	founded, err := appliance.Found(s.dir, f, s.options)
	if err != nil {
		t.Fatal(err)
	}
	s.a, s.founded = founded.Appliance, founded
	core := s.a.Authority().Core()
	if hash := core.Hash(); !bytes.Equal(hash[:], old.Next) || core.Generation != old.Generation+1 || s.a.Authority().Policy().NextUpdate != time.Hour {
		t.Fatalf("core %+v", core)
	}
	if err := s.a.Drill(founded.Cards[:3]); err != nil {
		t.Fatal(err)
	}
	if c := s.custody(); c.Grade != appliance.GradeProduction || c.Next != nil {
		t.Fatalf("custody %+v", c)
	}
	s.enrol("bus-1")
	f.Core = core // which committed to none
	_, err = appliance.Found(filepath.Join(t.TempDir(), "third"), f, s.options)
	wantErr(t, err, appliance.ErrNotNext)
}

func TestBackupWithAnyFlippedBitIsRefused(t *testing.T) {
	r := newRealm(t)
	archive := r.backup()
	r.close()
	dir := filepath.Join(t.TempDir(), "restored")
	for i := 0; i < len(archive); i += 1 + len(archive)/60 {
		changed := bytes.Clone(archive)
		changed[i] ^= 1 << (i % 8)
		if a, err := appliance.Restore(dir, bytes.NewReader(changed), keys(), r.options); err == nil {
			t.Fatalf("octet %d of %d: restored (%v)", i, len(archive), a.Close())
		}
		if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 0 {
			t.Fatalf("octet %d: left behind %v, %v", i, left, err)
		}
	}
	for name, k := range map[string]appliance.Keys{
		"wrong PIN":   {PIN: []byte("314159"), Officers: keys().Officers},
		"one officer": {PIN: pin, Officers: map[string][]byte{"Ada Berg": people["Ada Berg"]}},
		"nobody":      {PIN: pin},
	} {
		if _, err := appliance.Restore(dir, bytes.NewReader(archive), k, r.options); !errors.Is(err, hsm.ErrWrongPIN) && !errors.Is(err, hsm.ErrQuorum) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := appliance.Restore(dir, bytes.NewReader(archive), keys(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = appliance.Restore(dir, bytes.NewReader(archive), keys(), r.options)
	wantErr(t, err, authority.ErrFounded)
}

// Backups are made while the authority works. Each is consistent.
func TestBackupOfARunningAuthority(t *testing.T) {
	dir := founded(t)
	a := open(t, dir)
	_, err := a.Backup(io.Discard)
	wantErr(t, err, storage.ErrLocked)
	if err := a.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for i := range 40 {
			issued, err := a.Authority().Enrol(request(t, fmt.Sprint("bus-", i)))
			if err == nil && i%3 == 0 {
				err = a.Authority().Revoke(issued.Address, wire.ReasonLost, time.Time{})
			}
			if err == nil && i%5 == 0 {
				_, err = a.Authority().Publish()
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	for range 5 {
		var out bytes.Buffer
		if _, err := a.Backup(&out); err != nil {
			t.Fatal(err)
		}
		restored, err := appliance.Restore(filepath.Join(t.TempDir(), "restored"), &out, appliance.Keys{Passphrase: passphrase}, options)
		if err != nil {
			t.Fatal(err)
		}
		if err := restored.Close(); err != nil {
			t.Fatal(err)
		}
	}
	work.Wait()
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

// A writer that fails makes the backup fail, and nothing stays behind.
func TestBackupToAFullDisk(t *testing.T) {
	r := newRealm(t)
	pipe, w := io.Pipe()
	_ = pipe.CloseWithError(io.ErrShortWrite)
	_, err := r.a.Backup(w)
	wantErr(t, err, io.ErrShortWrite)
	r.close()
	checkFolder(t, r.dir, "authority.db cards officers vault")
}

// checkTPMTidy makes sure that no counter is in the TPM.
func checkTPMTidy(t *testing.T, e *hsmtest.Emulator) {
	t.Helper()
	opened, err := hsm.OpenTPM(e.Path(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(6) {
		if _, err := opened.ReadCounter(firstCounter + i); !errors.Is(err, hsm.ErrCounter) {
			t.Errorf("counter %d: %v", i, err)
		}
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
}

// firstCounter is the index at which an unused TPM gets its first counter.
const firstCounter = 0x01804D51

// writerFunc is an io.Writer.
type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// Whoever may read the log, but makes no backups, keeps nobody from making one by taking the log slowly.
func TestBackupDuringAnExportOfTheLog(t *testing.T) {
	r := newRealm(t)
	r.drill()
	during := 0
	_, err := r.a.ExportLog(writerFunc(func(b []byte) (int, error) {
		if during++; during == 1 {
			r.backup()
		}
		return len(b), nil
	}))
	if err != nil || during == 0 {
		t.Error(during, err)
	}
}
