package hsm

import (
	"encoding/json"
	"testing"
)

// Forge returns the vault file b with another cost and a checksum that fits.
func Forge(t *testing.T, b []byte, c Cost) []byte {
	t.Helper()
	f := new(file)
	if err := json.Unmarshal(b, f); err != nil {
		t.Fatal(err)
	}
	f.Cost = c
	b, err := f.marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Reparse parses a vault file and encodes it again.
func Reparse(b []byte) ([]byte, error) {
	f, err := parseFile(b)
	if err != nil {
		return nil, err
	}
	return f.marshal()
}

func parsed(t *testing.T, path string) *file {
	t.Helper()
	f, err := readFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ForceUnlock lets the TPM decide on an approval that UnlockTPM would not have
// presented.
func ForceUnlock(t *testing.T, path string, tpm *TPM, c Credentials, approval int) error {
	t.Helper()
	f := parsed(t, path)
	return tpm.withRoot(func(r *root) error {
		_, err := tpm.unseal(r, f.TPM, &f.Approvals[approval], c.auth(f))
		return err
	})
}

// OpenWithSecretOf opens the vault's file at path by c's second secret and what the TPM releases for another file and c's PIN.
func OpenWithSecretOf(t *testing.T, path, other string, tpm *TPM, c Credentials) error {
	t.Helper()
	f, from := parsed(t, path), parsed(t, other)
	return tpm.withRoot(func(r *root) error {
		secret, err := tpm.unseal(r, from.TPM, &from.Approvals[0], c.auth(from))
		if err != nil {
			return err
		}
		_, err = f.open(secret, c.people(f), make([]byte, seedSize))
		return err
	})
}

// TPMSecrets returns what must not be on the wire between a vault and its TPM.
func TPMSecrets(t *testing.T, path string, tpm *TPM, c Credentials) map[string][]byte {
	t.Helper()
	f := parsed(t, path)
	secrets := map[string][]byte{"PIN's authorisation value": c.auth(f)}
	page := make([]byte, 128)
	err := tpm.withRoot(func(r *root) (err error) {
		secrets["seed"], err = tpm.openSeed(r, f, &c, page)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	secrets["TPM's secret"] = page[:tpmSecretSize]
	secrets["counters' authorisation value"], err = f.TPM.counterAuth(secrets["seed"])
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

// ForgeTPM returns the vault file at path with a part changed and a checksum that fits.
func ForgeTPM(t *testing.T, path, part string) []byte {
	t.Helper()
	f := parsed(t, path)
	switch s := f.TPM; part {
	case "root":
		s.Root[33] ^= 1
	case "instance":
		s.Instance[0] ^= 1
	case "counter":
		s.Counters.Retired = s.Counters.Rollback
	case "founding":
		s.Counters.Founding[0] ^= 1
	case "short founding":
		s.Counters.Founding = nil
	case "counter of changes":
		s.Counters.Rekeyed = s.Counters.Rollback
	case "no counter of changes":
		s.Counters.Rekeyed = 0
	case "changes":
		s.Rekeyed++
	case "unified":
		s.Unified = true
	case "bound":
		f.Approvals[0].Bound++
	case "key":
		s.ApprovalKey[64] ^= 1
	case "public":
		s.Public[len(s.Public)-1] ^= 1
	case "private":
		s.Private[len(s.Private)-1] ^= 1
	case "rollback":
		s.Counters.Rollback++
	case "seed":
		f.Seed[0] ^= 1
	case "salt":
		f.Salt[0] ^= 1
	case "second":
		s.Second = secondPassphrase
	case "kind":
		f.Kind = kindPassphrase
	case "short root":
		s.Root = s.Root[:33]
	case "no sealed object":
		s.Private = nil
	case "no counter":
		s.Counters.Rollback = 0
	case "no second secret":
		s.Second = ""
	case "no TPM":
		f.TPM, f.Approvals = nil, nil
	case "no point":
		s.ApprovalKey = s.ApprovalKey[1:]
	case "long signature":
		f.Approvals[0].Signature = make([]byte, 73)
	case "many approvals":
		for range maxApprovals {
			f.Approvals = append(f.Approvals, f.Approvals[0])
		}
	case "begun with a seed":
		seed := f.Seed
		f = f.begun()
		f.Seed = seed
	case "begun with a counter":
		index := s.Counters.Rollback
		f = f.begun()
		f.TPM.Counters.Rollback = index
	case "begun with approvals":
		approvals := f.Approvals
		f = f.begun()
		f.Approvals = approvals
	case "begun with nothing":
		f = f.begun()
		f.TPM = nil
	case "no approvals":
		f.Approvals = nil
	default:
		t.Fatalf("no part %q", part)
	}
	b, err := f.marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
