package papers

// Names of the files. Cards are "backup-1-of-5" and "next-core-1-of-5", each as text, as picture of its code and as page.
const (
	LockoutFile     = "lockout-authorisation.txt"
	LockoutPDF      = "lockout-authorisation.pdf"
	ApprovalKeyFile = "approval-key.pem"
	CoreFile        = "core.mqs"
	CommitmentsFile = "commitments.txt"
	RecordFile      = "record.txt"
	RecordPDF       = "record.pdf"
	PlanFile        = "ceremony.toml"
)

// Made is what a founding brought about. Cards are texts of hsm.Share.Text.
type Made struct {
	Cards, Next  [][]byte
	Commitments  []string
	Core, Record []byte
}
