//go:build unix

package ollamatest

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a command into a group of its own: the server starts runners, which would outlive it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // it may have ended already
