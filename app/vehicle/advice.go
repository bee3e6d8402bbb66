package main

import (
	"io/fs"
	"syscall"

	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

const hungUp = "the other side hung up, and may have refused this device; ask its operator why"

// advice is what to do about errors whose text does not say it.
var advice = terminal.Advice{
	{device.ErrRevoked, "ask the authority why; a device that was revoked by mistake has to be enrolled anew"},
	{device.ErrReplay, "use the first one only"},
	{device.ErrStaleTime, "check both clocks, and ask for a new message"},
	{device.ErrEpoch, "check both clocks, and whether the keys have run out"},
	{device.ErrUnknownRealm, "check the address; this device knows the realm of its own authority, and those that its trust list names"},
	{device.ErrOldTrust, "look for a newer one where the authority publishes its lists"},
	{device.ErrOwnIdentity, "name another address"},
	{device.ErrNotForMe, "check the address that was dialled or sealed to"},
	{device.ErrWarmUnknown, "verify a broadcast or a message of this peer first, or seal without --warm"},
	{device.ErrOldPackage, "nothing has to be done"},
	{device.ErrOldList, "look for a newer one where lists are published"},
	{device.ErrListGap, "apply the full list, list-N.mql, which lies beside it"},
	{device.ErrRegionMissing, "name the list's list-N-regions.mqg and the list-N-region-*.mqg with that serial; `marque authority regions` prints which"},
	{device.ErrSealed, "run it where the TPM is, as a user who may open it; if the TPM is gone for good, revoke this device and enrol it again in a new folder"},
	{device.ErrCounter, "run it where the TPM is; if the TPM is gone for good, revoke this device and enrol it again in a new folder"},
	{device.ErrSetBack, "look for the newest one where lists are published, and find out who had the folder"},
	{device.ErrEarly, "leave --early out, or give it to the one who listens; where sessions must be hybrid nothing goes with a call"},
	{device.ErrUnanswered, "check --at; a list longer than --size is not sent"},
	{device.ErrLocked, "give the passphrase that the folder was made with, or its key file"},
	{device.ErrTruncated, hungUp},
	{syscall.EPIPE, hungUp},
	{syscall.ECONNRESET, hungUp},
	{syscall.ECONNREFUSED, "nobody listens there; check --at, or wait for it with --wait"},
	{fs.ErrExist, "name a new folder"},
	{fs.ErrNotExist, "check the name of the file or folder"},
	{fs.ErrPermission, "check who may read and write there"},
	{wire.ErrAddress, "write it as the authority does, such as //fleet.example/Sbus-4711~0"},
}
