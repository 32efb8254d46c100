//go:build unix

package lambdahost

import (
	"os/exec"
	"syscall"
)

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // it may have ended

// running is whether there is a process; one of another user counts.
func running(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }

// follow reads until the end of the pipe.
func (o *output) follow() {
	conn, err := o.pipe.SyscallConn()
	if err == nil {
		_ = conn.Read(o.take) // ends with an error when the pipe is closed
	}
}

// drain reads what the process has printed so far: an answer may arrive before the output that was printed ahead of it is read.
func (o *output) drain() {
	if conn, err := o.pipe.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { o.take(fd) })
	}
}

// take reads what there is; true at the end of the pipe.
func (o *output) take(fd uintptr) (end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var buffer [16 << 10]byte
	for {
		switch n, err := syscall.Read(int(fd), buffer[:]); {
		case n > 0:
			o.add(buffer[:n])
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return false
		default:
			return true
		}
	}
}
