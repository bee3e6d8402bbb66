package hsm

import (
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// failed says which operation of the TPM failed. Response codes hold nothing secret.
func failed(operation string, err error) error {
	if err == nil || errors.Is(err, ErrNoTPM) || errors.Is(err, ErrTPMBusy) {
		return err
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// one of the response codes?
func responded(err error, codes ...tpm2.TPMRC) bool {
	for _, c := range codes {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}
