// Package notify tells people what happened.
package notify

import (
	"context"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// Message is a text for one receiver.
type Message struct {
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
}

// Receipt says that a message was handed over.
type Receipt struct {
	ID    string `json:"id"`
	Parts int    `json:"parts,omitempty"` // of a text message: what is paid for
}

// BadAddress says that a message cannot be sent there. The address is not part of the text: it is somebody's.
type BadAddress struct{ Channel string }

func (e BadAddress) Error() string { return "no " + e.Channel + " address" }

// Email sends a message by mail.
func Email(ctx context.Context, m Message) (Receipt, error) {
	name, host, found := strings.Cut(m.To, "@")
	if !found || name == "" || !strings.Contains(host, ".") || strings.ContainsAny(m.To, " \r\n\t,;<>") {
		return Receipt{}, BadAddress{"mail"}
	}
	slog.InfoContext(ctx, "mail sent", "host", host, "bytes", len(m.Text))
	return Receipt{ID: "email-" + m.To}, nil
}

// SMS sends a message to a telephone, whose number is in the international form: +49 170 1234567.
func SMS(ctx context.Context, m Message) (Receipt, error) {
	number := strings.NewReplacer(" ", "", "-", "").Replace(m.To)
	digits := strings.TrimPrefix(number, "+")
	if len(digits) < 7 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return Receipt{}, BadAddress{"telephone"}
	}
	r := Receipt{ID: "sms-" + m.To, Parts: parts(m.Text)}
	slog.InfoContext(ctx, "text message sent", "parts", r.Parts)
	return r, nil
}

// parts is how many text messages a text takes: 160 characters in one or 153 in each of several; 70 and 67 where one of them is
// beyond ASCII. (Real GSM has a few letters more.)
func parts(text string) int {
	single, several := 160, 153
	count := utf8.RuneCountInString(text)
	if count < len(text) {
		single, several = 70, 67
	}
	if count <= single {
		return 1
	}
	return (count + several - 1) / several
}
