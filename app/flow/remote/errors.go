package remote

import (
	"errors"
	"fmt"
	"slices"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/localapi"
	"marque/app/selftest"
	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// meaning is which problem of the officer an error is.
type meaning struct{ is, means error }

// meanings says which problem of the officer an error of the service is. The first match counts.
var meanings = []meaning{
	{localapi.ErrGone, flow.ErrGone},
	{localapi.ErrNoService, flow.ErrNoService},
	{localapi.ErrPeer, flow.ErrStranger},
	{localapi.ErrSignOn, flow.ErrSession},
	{localapi.ErrSession, flow.ErrSession},
	{localapi.ErrManySessions, flow.ErrManySessions},
	{localapi.ErrTooManyTries, flow.ErrTooManyTries},
	{localapi.ErrVerifying, flow.ErrVerifying},
	{localapi.ErrRequest, flow.ErrVersions},
	{localapi.ErrReply, flow.ErrVersions},
	{localapi.ErrInternal, flow.ErrService},
	{localapi.ErrSocket, flow.ErrSocket},
	{selftest.ErrFailed, flow.ErrSelfTest},
	{hsm.ErrPassphrase, flow.ErrPassphrase},
	{hsm.ErrWeakPassphrase, flow.ErrWeakPassphrase},
	{hsm.ErrOfficerPassphrase, flow.ErrOfficerPassphrase},
	{hsm.ErrNoOfficer, flow.ErrNoOfficer},
	{hsm.ErrQuorum, flow.ErrQuorum},
	{hsm.ErrOtherOfficers, flow.ErrOtherOfficers},
	{hsm.ErrSignedOff, flow.ErrSession},
	{hsm.ErrQuorumSecret, flow.ErrOfficersFile},
	{hsm.ErrOfficersCorrupt, flow.ErrOfficersDamaged},
	{hsm.ErrOldVault, flow.ErrOldVault},
	{hsm.ErrNoTPM, flow.ErrNoTPM},
	{hsm.ErrOtherTPM, flow.ErrOtherTPM},
	{hsm.ErrTPMBusy, flow.ErrTPMBusy},
	{hsm.ErrApprovalRetired, flow.ErrRetired},
	{hsm.ErrPlatformChanged, flow.ErrPlatform},
	{hsm.ErrCounter, flow.ErrCounter},
	{storage.ErrBusy, flow.ErrBusy},
	{appliance.ErrFoundingElsewhere, flow.ErrBusy},
	{hsm.ErrVaultCorrupt, flow.ErrDamaged},
	{storage.ErrCorrupt, flow.ErrDamaged},
	{appliance.ErrIncomplete, flow.ErrDamaged},
	{appliance.ErrCards, flow.ErrDamaged},
	{appliance.ErrOccupied, flow.ErrOccupied},
	{authority.ErrFounded, flow.ErrOccupied},
	{appliance.ErrNoFolder, flow.ErrNoFolder},
}

// Translate adds the officer's problem to an error of hsm, appliance, authority or localapi.
func Translate(err error) error { return translate(err) }

// translate adds the officer's problem to an error.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if pin, ok := errors.AsType[*hsm.PINError](err); ok {
		return fmt.Errorf("%w: %w", &flow.PINError{Left: pin.Left}, err)
	}
	if lockout, ok := errors.AsType[*hsm.LockoutError](err); ok {
		return fmt.Errorf("%w: %w", &flow.LockoutError{Until: lockout.Until}, err)
	}
	for _, m := range slices.Concat(meanings, ceremonyMeanings) {
		if errors.Is(err, m.is) {
			return fmt.Errorf("%w: %w", m.means, err)
		}
	}
	return err
}
