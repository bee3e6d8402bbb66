package hsm

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"
)

// TPM is a TPM 2.0 of this computer (TCG TPM 2.0 Library, revision 1.38 and
// later; "Part" in comments is a part of it). It is safe for concurrent use:
// operations take turns. Its owner hierarchy must have no authorisation value.
type TPM struct {
	mu    sync.Mutex
	link  transport.TPMCloser
	clock func() time.Time
	bits  tpm2.TPMKeyBits // of AES-CFB in sessions, 0 until asked
	root  *root           // loaded, or nil

	// keep leaves the root loaded between operations. A chip takes 0.1 s and more to make
	// it, but only behind a resource manager does it go when the program dies.
	keep bool
}

// manager is how devices behind the kernel's resource manager are called.
const manager = "tpmrm"

// OpenTPM opens the TPM at path: a device of the kernel's resource manager, as a
// rule /dev/tpmrm0, or the Unix socket of swtpm. The clock says when a lockout
// ends. Error: [ErrNoTPM].
func OpenTPM(path string, clock func() time.Time) (*TPM, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTPM, err)
	}
	open := linuxtpm.Open
	if info.Mode()&os.ModeSocket != 0 {
		open = linuxudstpm.Open
	}
	link, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTPM, err)
	}
	t := NewTPM(link, clock)
	t.keep = info.Mode()&os.ModeDevice != 0 && strings.HasPrefix(filepath.Base(path), manager)
	if _, err := t.properties(tpm2.TPMPTPermanent, 1); err != nil {
		return nil, errors.Join(err, link.Close())
	}
	return t, nil
}

// NewTPM is OpenTPM for a TPM that is reached in another way. It does not try
// whether the TPM answers.
func NewTPM(link transport.TPMCloser, clock func() time.Time) *TPM {
	return &TPM{link: &patient{link}, clock: clock}
}

// Close tells the TPM that power may go, without which the next start counts as
// a wrong PIN, and closes the connection.
func (t *TPM) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropRoot()
	_, err := tpm2.Shutdown{ShutdownType: tpm2.TPMSUClear}.Execute(t.link)
	return errors.Join(failed("shut the TPM down", err), t.link.Close())
}

// patient sends a command again when the TPM asks for that. The command did not
// start then, and no nonce was used: the same octets are valid again.
type patient struct{ next transport.TPMCloser }

func (p *patient) Send(command []byte) ([]byte, error) {
	for try := range maxTPMTries {
		response, err := p.next.Send(command)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoTPM, err)
		}
		if response == nil {
			return nil, ErrTPMBusy // go-tpm's transports give up so, having tried again for 2 s themselves
		}
		if len(response) < tpmHeader {
			return nil, fmt.Errorf("%w: it sent %d octets", ErrNoTPM, len(response))
		}
		switch tpm2.TPMRC(binary.BigEndian.Uint32(response[6:])) {
		case tpm2.TPMRCRetry, tpm2.TPMRCYielded, tpm2.TPMRCTesting, tpm2.TPMRCNVRate:
			time.Sleep(time.Millisecond << try)
		default:
			return response, nil
		}
	}
	return nil, ErrTPMBusy
}

func (p *patient) Close() error {
	if err := p.next.Close(); err != nil {
		return fmt.Errorf("close the TPM: %w", err)
	}
	return nil
}

// keyBits returns 256 where the TPM has AES-256 in CFB mode, or else 128, which
// every TPM for computers has.
func (t *TPM) keyBits() tpm2.TPMKeyBits {
	_, err := tpm2.TestParms{Parameters: tpm2.TPMTPublicParms{
		Type: tpm2.TPMAlgSymCipher,
		Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgSymCipher, &tpm2.TPMSSymCipherParms{Sym: tpm2.TPMTSymDefObject{
			Algorithm: tpm2.TPMAlgAES,
			KeyBits:   tpm2.NewTPMUSymKeyBits(tpm2.TPMAlgAES, tpm2.TPMKeyBits(256)),
			Mode:      tpm2.NewTPMUSymMode(tpm2.TPMAlgAES, tpm2.TPMAlgCFB),
		}}),
	}}.Execute(t.link)
	if err != nil {
		return 128
	}
	return 256
}

// session returns the options of a session whose key depends on a secret that
// was encrypted to the storage root key, and which encrypts the first parameter
// both ways where the command allows for it. Without the salt a listener on the
// bus could decrypt it (Part 1, 19.6.8 and 21).
func (t *TPM) session(r *root, auth []byte, encrypt tpmDirection) []tpm2.AuthOption {
	o := []tpm2.AuthOption{tpm2.Salted(r.handle, r.public), tpm2.Auth(auth)}
	switch encrypt {
	case toTPM:
		o = append(o, tpm2.AESEncryption(t.bits, tpm2.EncryptIn))
	case fromTPM:
		o = append(o, tpm2.AESEncryption(t.bits, tpm2.EncryptOut))
	case nothing:
	}
	return o
}

// tpmDirection says which parameter of a command a session encrypts.
type tpmDirection int

const (
	nothing tpmDirection = iota
	toTPM
	fromTPM
)

// hmac returns a session for one command on something whose authorisation value
// is auth.
func (t *TPM) hmac(r *root, auth []byte, encrypt tpmDirection) tpm2.Session {
	return tpm2.HMAC(tpm2.TPMAlgSHA256, nonceSize, t.session(r, auth, encrypt)...)
}

// authValue writes 20 octets as an authorisation value of 32 letters and digits:
// no longer than SHA-256 allows, fit for paper, and without zero octets, of which
// a TPM drops the trailing and go-tpm all that follow the first.
func authValue(b []byte) []byte {
	return base32.StdEncoding.AppendEncode(nil, b[:authSize])
}

// properties returns n properties of the TPM from first on.
func (t *TPM) properties(first tpm2.TPMPT, n uint32) (map[tpm2.TPMPT]uint32, error) {
	rsp, err := tpm2.GetCapability{
		Capability:    tpm2.TPMCapTPMProperties,
		Property:      uint32(first),
		PropertyCount: n,
	}.Execute(t.link)
	if err != nil {
		return nil, failed("ask the TPM for its properties", err)
	}
	list, err := rsp.CapabilityData.Data.TPMProperties()
	if err != nil {
		return nil, failed("read the TPM's properties", err)
	}
	p := make(map[tpm2.TPMPT]uint32, len(list.TPMProperty))
	for _, property := range list.TPMProperty {
		p[property.Property] = property.Value
	}
	return p, nil
}
