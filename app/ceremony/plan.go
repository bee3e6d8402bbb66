package ceremony

import (
	"time"

	"marque/authority"
)

// Kinds of vaults.
const (
	VaultPassphrase = "passphrase"
	VaultTPM        = "tpm"
)

// DefaultTPM is the TPM of a plan that names none: the kernel's resource manager.
const DefaultTPM = "/dev/tpmrm0"

// Plan is what a ceremony file says, checked and complete: nothing in it is left to a default of others. There is no secret in it.
type Plan struct {
	Realm    string
	SPIDs    []string // further ones, 0 to 15
	Vault    Vault
	Officers []Officer // none with a passphrase vault, 1 to 64 with a TPM
	Unlock   int       // security officers who unlock together; 0 with a passphrase vault
	Backup   Cards     // of the seed
	Next     Cards     // of the next core's seed
	Waived   bool      // the restore drill; else it stands before the first issuing, if there are backup cards

	EpochLength time.Duration
	NextUpdate  time.Duration
	HardExpiry  time.Duration
	Past        time.Duration
	Future      time.Duration
}

// Vault is what guards the master secret.
type Vault struct {
	Kind    string // VaultPassphrase or VaultTPM
	TPM     string // the device's path, or that of swtpm's socket; empty with a passphrase vault
	Unified bool   // PCR 11 is approved as well: the kernel is measured as one image
}

// Officer is one officer to be.
type Officer struct {
	Name string // as hsm.Appointment takes it
	Role authority.Role
}

// Cards says how many share cards are made. The zero value makes none.
type Cards struct {
	Needed int // of them to have the seed again, 1 to Total
	Total  int // 0 or 1 to 32
}

// None reports that no cards are made.
func (c Cards) None() bool { return c.Total == 0 }

// Security counts the security officers.
func (p *Plan) Security() (n int) {
	for _, o := range p.Officers {
		if o.Role.Has(authority.SecurityOfficer) {
			n++
		}
	}
	return n
}
