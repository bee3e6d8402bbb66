package batch

import (
	"errors"
	"io/fs"

	"marque/app/qr"
	"marque/authority"
	"marque/device/wire"
)

// The errors of a batch as a whole, to be told apart with errors.Is. What is wrong with one request stands in its row.
var (
	// ErrTable: the file is no table of requests.
	ErrTable = errors.New("this is no table of requests; save it as CSV with UTF-8, the first line naming the columns: request, and perhaps name and kind")
	// ErrTooMany: more than MaxRequests.
	ErrTooMany = errors.New("these are more than 10,000 requests; split the batch")
	// ErrEmpty: there is no request at all.
	ErrEmpty = errors.New("there is no request in it; put .mqr files or pictures of codes into the folder, or lines into the table")
)

// The errors of one request, in the officer's words.
var (
	errNotRegular = errors.New("it is no regular file; copy the request itself here")
	errFileName   = errors.New("the file's name leads out of the folder; put the file beside the table and give its name alone")
	errTooLong    = errors.New("the file is too long to be a request or a picture of one")
	errNoRequest  = errors.New("the line has no request; put the text of the code there, or the name of a file")
	errColumns    = errors.New("the line has more cells than there are columns; put quotes around a cell that has a comma or semicolon in it")
	errOtherName  = errors.New("the request asks for another name than the line says; find out which of them is right")
	errOtherKind  = errors.New("the request asks for another kind than the line says; find out which of them is right")
	errForeign    = errors.New("this is no enrolment request")
)

// inWords replaces the text of errors that was written for somebody with a single request in hand.
var inWords = []struct {
	is   error
	text string
}{
	{wire.ErrProof, "the request was altered on the way, or copied from parts: its proof does not hold; make a new one on the device"},
	{wire.ErrChecksum, "the text was misread or is not complete; scan the code again"},
	{wire.ErrEncoding, "the request is damaged; copy it from the device again"},
	{wire.ErrTooLong, "it is too long to be a request; copy it from the device again"},
	{qr.ErrNoCode, "there is no readable code in the picture; take it again, straight from above and in even light"},
	{qr.ErrTooLarge, "the picture is too large; cut the code out, or save it smaller"},
	{qr.ErrNotAnImage, "the picture is not complete, or no PNG or JPEG; copy it again"},
	{fs.ErrNotExist, "there is no file of that name beside the table"},
	{fs.ErrPermission, "the file may not be read by this account"},
	{authority.ErrAlreadyRevoked, "this very request was enrolled, and then revoked, which is for ever; enrol the device anew under another name"},
}

// reason says what is wrong with one request.
func reason(err error) string {
	for _, w := range inWords {
		if errors.Is(err, w.is) {
			return w.text
		}
	}
	return err.Error()
}
