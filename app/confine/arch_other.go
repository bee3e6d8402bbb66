//go:build !amd64 && !arm64 && !arm && !386

package confine

var arch architecture
