package authority_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"marque/authority"
)

// What was approved and logged once has to verify for ever. A change here breaks every approval of the past.
func TestApprovalOfOldVerifies(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	payload := []byte("exactly this")
	p := &authority.Proposal{
		Action: authority.ActionBatch, Payload: authority.PayloadHash(authority.ActionBatch, payload),
		Requester: [32]byte(key[ed25519.SeedSize:]), Time: noon, Core: [32]byte{1, 2, 3},
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Approve(key, p, payload)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"proposal": {b, "8601656261746368582028575194e970dc5e50d548ce14c9ef8344c10388cab643c6680458acd417f00b58203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da291a69a57bc058200102030000000000000000000000000000000000000000000000000000000000"},
		"digest":   {digest[:], "2206824bd1f90757c3d13f698e7c296cbd9dcab7ca9b5b45f24eca8099676382"},
		"approval": {a.Marshal(), "840158202206824bd1f90757c3d13f698e7c296cbd9dcab7ca9b5b45f24eca809967638258203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2958406fd48923e0807e321c9b664443fe77f0f7feb92601746258e7f16e9b4785bd0f8f995fd2cb9399787cff0b1b19df54adb10077a6bf96c6266503a138c3836809"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s is %s", name, got)
		}
	}
}
