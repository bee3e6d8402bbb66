package tpm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"
)

// opener connects to a TPM.
type opener func() (transport.TPMCloser, error)

func (c *Counter) opener() opener { return pathOpener(c.path) }

func pathOpener(path string) opener {
	return func() (transport.TPMCloser, error) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.Mode()&os.ModeSocket != 0 {
			return linuxudstpm.Open(path)
		}
		return linuxtpm.Open(path)
	}
}

// use opens the TPM for one operation.
func (open opener) use(do func(transport.TPM) error) (err error) {
	link, err := open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTPM, err)
	}
	defer func() {
		if cerr := link.Close(); cerr != nil && err == nil {
			err = fmt.Errorf("%w: %w", ErrNoTPM, cerr)
		}
	}()
	return do(patient{link})
}

// patient sends a command again when the TPM asks for that: the command did not start then, and no nonce was used.
type patient struct{ next transport.TPM }

// Send is for transport.TPM.
func (p patient) Send(command []byte) ([]byte, error) {
	for try := range maxTries {
		response, err := p.next.Send(command)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoTPM, err)
		}
		if response == nil {
			break // go-tpm's transports give up so, having tried again for 2 s themselves
		}
		if len(response) < headerSize {
			return nil, fmt.Errorf("%w: it sent %d octets", ErrNoTPM, len(response))
		}
		switch tpm2.TPMRC(binary.BigEndian.Uint32(response[6:])) {
		case tpm2.TPMRCRetry, tpm2.TPMRCYielded, tpm2.TPMRCTesting, tpm2.TPMRCNVRate:
			time.Sleep(time.Millisecond << try)
		default:
			return response, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrNoTPM, errBusy)
}

var errBusy = errors.New("it stays busy")
