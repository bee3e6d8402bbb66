package localapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// TestEverySentinelHasACode compares the list with the source: a sentinel that is missing would lose its identity on the way.
func TestEverySentinelHasACode(t *testing.T) {
	listed := map[string]bool{}
	for _, s := range sentinels {
		if listed[s.code] {
			t.Errorf("%s stands there twice", s.code)
		}
		listed[s.code] = true
	}
	declared := regexp.MustCompile(`(?m)^\s*(?:var )?(Err[A-Za-z0-9]+)\s+= `)
	folders := []string{
		"app/localapi", "app/appliance", "app/backup", "app/ceremony", "app/selftest", "authority", "hsm", "storage",
		"device/wire", "device/ibc", "device/revocation",
	}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range declared.FindAllSubmatch(source, -1) {
				if code := filepath.Base(folder) + "." + string(found[1]); !listed[code] {
					t.Errorf("%s has no code", code)
				}
			}
		}
	}
}

func TestErrorsKeepWhatTheyAre(t *testing.T) {
	until := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, err := range map[string]error{
		"wrapped": fmt.Errorf("unlock: %w", hsm.ErrPassphrase),
		"joined":  errors.Join(storage.ErrLocked, fmt.Errorf("and %w", authority.ErrClock)),
		"PIN":     fmt.Errorf("unlock: %w", &hsm.PINError{Left: 7}),
		"lockout": fmt.Errorf("unlock: %w", &hsm.LockoutError{Until: until}),
		"absent":  fmt.Errorf("open: %w", appliance.ErrInterrupted),
	} {
		b := newProblem(err).encode()
		got := parseProblem(b)
		if got.Error() != err.Error() {
			t.Errorf("%s: reads %q, want %q", name, got, err)
		}
		for _, s := range sentinels {
			if errors.Is(got, s.err) != errors.Is(err, s.err) {
				t.Errorf("%s: errors.Is says otherwise of %s", name, s.code)
			}
		}
	}
	pin, ok := errors.AsType[*hsm.PINError](parseProblem(newProblem(&hsm.PINError{Left: 7}).encode()))
	if !ok || pin.Left != 7 {
		t.Error("the tries that are left were lost")
	}
	lockout, ok := errors.AsType[*hsm.LockoutError](parseProblem(newProblem(&hsm.LockoutError{Until: until}).encode()))
	if !ok || !lockout.Until.Equal(until) {
		t.Error("the end of the lockout was lost")
	}
}

func TestWipeReachesEverySecret(t *testing.T) {
	secret := func() []byte { return []byte("correct horse") }
	in := &Founding{
		Passphrase: secret(), PIN: secret(), Lockout: secret(), ApprovalKey: secret(),
		Passphrases: map[string][]byte{"Ada": secret()}, Cards: [][]byte{secret(), secret()},
	}
	all := [][]byte{in.Passphrase, in.PIN, in.Lockout, in.ApprovalKey, in.Passphrases["Ada"], in.Cards[0], in.Cards[1]}
	wipe(in)
	change := &OfficersChange{PIN: secret(), NewPIN: secret(), Officers: []Appointment{{Passphrase: secret()}}}
	all = append(all, change.PIN, change.NewPIN, change.Officers[0].Passphrase)
	wipe(change)
	embedded := &restoration{Restoration: Restoration{PIN: secret()}}
	all = append(all, embedded.PIN)
	wipe(embedded)
	for i, b := range all {
		for _, octet := range b {
			if octet != 0 {
				t.Errorf("secret %d is still there", i)
				break
			}
		}
	}
}

func TestManyWrongTriesAreSlowButShutNobodyOut(t *testing.T) {
	var waited []time.Duration
	people := tries{busy: make(chan struct{}, 1), wait: func(d time.Duration) { waited = append(waited, d) }}
	wrong := func() error { return hsm.ErrOfficerPassphrase }
	for range 8 {
		if err := people.attempt(1000, "Ada", wrongPassphrase, wrong); !errors.Is(err, hsm.ErrOfficerPassphrase) {
			t.Fatal(err)
		}
	}
	for i, d := range waited {
		if d > lastDelay || i > 0 && d < waited[i-1] {
			t.Errorf("the delays are %v", waited)
		}
	}
	if len(waited) != 8 || waited[7] != lastDelay {
		t.Errorf("the delays are %v", waited)
	}
	if err := people.attempt(1000, "Ada", wrongPassphrase, func() error { return nil }); err != nil {
		t.Errorf("the right passphrase is refused after wrong ones: %v", err)
	}
	_ = people.attempt(1000, "Ada", wrongPassphrase, wrong)
	if waited[8] != firstDelay {
		t.Errorf("after a right one the next wrong one costs %v", waited[8])
	}
}

// Whoever keeps all tries at an officer's passphrase busy does not keep the officer from another account out.
func TestGuessingShutsNoOtherAccountOut(t *testing.T) {
	started, hold := make(chan struct{}), make(chan struct{})
	people := tries{busy: make(chan struct{}, maxStretch), wait: func(time.Duration) {}}
	done := make(chan error, maxWaiting)
	for range maxWaiting {
		go func() {
			done <- people.attempt(1, "Ada", wrongPassphrase, func() error {
				started <- struct{}{}
				<-hold
				return hsm.ErrOfficerPassphrase
			})
		}()
	}
	<-started
	if err := people.attempt(2, "Ada", wrongPassphrase, func() error { return nil }); err != nil {
		t.Errorf("the officer, elsewhere: %v", err)
	}
	close(hold)
	for range maxWaiting - 1 {
		<-started
	}
	for range maxWaiting {
		if err := <-done; !errors.Is(err, hsm.ErrOfficerPassphrase) && !errors.Is(err, ErrTooManyTries) {
			t.Error(err)
		}
	}
}
