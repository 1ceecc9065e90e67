//! Processes that end, at the wrong time and in every way.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use super::*;

const ABORT: i32 = 6;
const KILL: i32 = 9;

fn signal_of(error: &ProcessError) -> Option<i32> {
    match error {
        ProcessError::Crashed { status, .. } => status.signal(),
        _ => None,
    }
}

/// COMMY-28, X-15: an abort in a plugin is an error of the call, sent once; the next call has a new process.
#[test]
fn an_abort_is_survived() {
    let service = service();
    let first = service.status().process_id;
    let error = execute(&service, "abort", b"").unwrap_err();
    assert_eq!(signal_of(&error), Some(ABORT));
    assert_eq!(error.code(), "plugin::crashed");
    assert!(error.to_string().ends_with("; it said:\nsomething is very wrong"), "{error}");
    assert_eq!((service.status().process_id, service.status().restarts), (None, 0));
    assert_works(&service);
    let status = service.status();
    assert_eq!(status.restarts, 1);
    assert_ne!(status.process_id, first);
    assert_eq!(status.last_end, Some(error.to_string()));
}

#[test]
fn a_kill_and_an_exit_are_survived() {
    let service = service();
    assert_eq!(signal_of(&execute(&service, "kill", b"").unwrap_err()), Some(KILL));
    let error = execute(&service, "exit", b"").unwrap_err();
    assert!(matches!(&error, ProcessError::Crashed { status, .. } if status.success()), "{error}");
    assert_works(&service);
    assert_eq!(service.status().restarts, 2);
}

/// A process that dies while nobody calls is noticed, and the next call is not lost.
#[test]
fn a_death_between_calls_is_noticed() {
    let service = service();
    let id = service.status().process_id.and_then(|id| i32::try_from(id).ok()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), rustix::process::Signal::KILL)
        .unwrap();
    wait_for("its end to be noticed", || service.status().process_id.is_none());
    assert!(matches!(service.ping(PATIENCE), Err(ProcessError::Crashed { .. })));
    assert_works(&service);
}

#[test]
fn restarts_have_a_limit() {
    let mut options = options("");
    options.restart.limit = 2;
    let service = ProcessService::start(options).unwrap();
    for _ in 0..3 {
        assert_eq!(signal_of(&execute(&service, "kill", b"").unwrap_err()), Some(KILL));
    }
    let error = execute(&service, "echo", b"").unwrap_err();
    assert!(
        matches!(&error, ProcessError::RestartLimit { restarts: 2, last, .. } if last.contains("SIGKILL")),
        "{error}"
    );
    assert_eq!(error.code(), "plugin::restart-limit");
    service.forgive();
    assert_works(&service);
    assert_eq!(service.status().restarts, 3);
}

/// DYN-21: more memory than allowed ends the process that asks for it, and nothing else.
#[test]
fn memory_is_limited() {
    let mut options = options("");
    options.load.limits.memory = Some(128 << 20);
    let service = ProcessService::start(options).unwrap();
    assert_eq!(execute(&service, "allocate", b"1000000").unwrap(), b"1000000");
    let error = execute(&service, "allocate", b"1000000000").unwrap_err();
    assert_eq!(signal_of(&error), Some(ABORT));
    assert!(error.to_string().contains("memory allocation of 1000000000 bytes failed"), "{error}");
    assert_works(&service);
}

/// DYN-21: the other limits are set, too, before anything is loaded.
#[test]
fn files_and_processor_time_are_limited() {
    let mut options = options("");
    options.load.limits = ResourceLimits { memory: None, cpu_seconds: Some(77), open_files: Some(55) };
    let service = ProcessService::start(options).unwrap();
    assert_eq!(execute(&service, "limits", b"").unwrap(), b"[Some(55), Some(77)]");
}

#[test]
fn garbage_and_huge_frames_end_the_process() {
    let service = service();
    let error = execute(&service, "garbage", b"").unwrap_err();
    assert_eq!(error.to_string(), "the process of the plugin sent no frame but \"Hell\"");
    assert_eq!(error.code(), "plugin::protocol");
    let error = execute(&service, "huge", b"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the process of the plugin sent a frame of 4294967295 bytes, more than the 67108864 allowed"
    );
    assert_works(&service);
}

fn start_error(options: ProcessOptions) -> ProcessError {
    ProcessService::start(options).err().expect("it does not start")
}

#[test]
fn what_does_not_start_says_why() {
    let error = start_error(ProcessOptions::new("/no/such/program", LoadRequest::new("x")));
    assert!(matches!(error, ProcessError::Start { .. }), "{error}");
    assert_eq!(start_error(options("refuse")).to_string(), "Plugin loading failed: no such library");
    assert_eq!(
        start_error(options("panic")).to_string(),
        "Plugin loading failed: panic while loading: while loading"
    );
    let error = start_error(options("exit"));
    assert!(matches!(&error, ProcessError::Crashed { status, .. } if status.code() == Some(3)), "{error}");
    assert!(error.to_string().contains("I had better go."), "{error}");
    let error = start_error(ProcessOptions { start_timeout: Duration::from_millis(30), ..options("hang") });
    assert_eq!(error.to_string(), "Plugin loading failed: no answer within 30ms");
    // A program that knows nothing of all this.
    let mut other = ProcessOptions::new("/bin/echo", LoadRequest::new("x"));
    other.arguments = vec!["Usage: echo".into()];
    let error = start_error(other);
    assert!(matches!(&error, ProcessError::Protocol { message, .. } if message.contains("Usag")), "{error}");
}

/// A host that is gone leaves no orphan. CRUSH-11: a call that hangs does not hold up the end of its process.
#[test]
fn the_end_of_the_host_ends_the_child() {
    let options = options("");
    let mut child =
        command(&options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let load = serde_json::to_vec(&options.load).unwrap();
    Frame::new(Kind::Load, 1, load).write(&mut stdin).unwrap();
    Frame::new(Kind::Execute, 2, message::pack("deaf", b"").unwrap()).write(&mut stdin).unwrap();
    Frame::new(Kind::Ping, 3, []).write(&mut stdin).unwrap();
    let kinds = [(); 3].map(|()| Frame::read(&mut stdout, 4096).unwrap().map(|frame| frame.kind));
    assert_eq!(kinds, [Some(Kind::Hello), Some(Kind::Loaded), Some(Kind::Pong)]);
    drop(stdin);
    assert_eq!(stdout.read_to_end(&mut Vec::new()).unwrap(), 0);
    let mut status = None;
    wait_for("the child to end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert!(status.is_some_and(|status| status.success()));
}

/// Dropping the service ends its process.
#[test]
fn nothing_is_left_of_a_dropped_service() {
    let service = service();
    let id = service.status().process_id.and_then(|id| i32::try_from(id).ok()).unwrap();
    drop(service);
    let process = rustix::process::Pid::from_raw(id).unwrap();
    wait_for("the process to be gone", || rustix::process::test_kill_process(process).is_err());
}
