//! The child: services that behave badly in every way there is.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Signal, getpid, getrlimit, kill_process};

use super::super::*;
use super::PATIENCE;
use crate::guard::Cancel;

/// Serves until the host ends it.
pub(super) fn main() -> ! {
    let served = pipe()
        .and_then(|pipe| Ok(rustix::stdio::dup2_stdout(&pipe)?))
        .and_then(|()| claim_stdio())
        .map_err(ServeError::from)
        .and_then(|(input, output)| serve(input, output, Runner::default()));
    match served {
        Ok(()) => process::exit(0),
        Err(error) => {
            eprintln!("service_child: {error}");
            process::exit(1)
        }
    }
}

/// The pipe to the host, past the protocol.
fn pipe() -> std::io::Result<File> {
    OpenOptions::new().write(true).open("/dev/fd/3")
}

#[derive(Default)]
struct Runner {
    settings: serde_json::Value,
}

impl ServiceRunner for Runner {
    fn load(&mut self, request: &LoadRequest) -> Result<Description, String> {
        self.settings = request.settings.clone();
        match request.settings["mode"].as_str() {
            Some("refuse") => return Err("no such library".to_owned()),
            Some("panic") => panic!("while loading"),
            Some("exit") => {
                eprintln!("I had better go.");
                process::exit(3);
            }
            Some("hang") => thread::sleep(PATIENCE),
            _ => {}
        }
        Ok(Description {
            id: request.library.display().to_string(),
            version: "1.2.3".to_owned(),
            services: vec!["echo".to_owned()],
            details: self.settings.clone(),
        })
    }

    fn execute(&self, service: &str, input: &[u8], cancel: &Cancel) -> Result<Vec<u8>, String> {
        match service {
            "echo" => Ok(input.to_vec()),
            "print" => {
                println!("plugins print, too");
                Ok(Vec::new())
            }
            "fail" => Err("no, thank you".to_owned()),
            "panic" => panic!("index {} out of {}", 7, 3),
            "exit" => process::exit(0),
            "abort" => {
                eprintln!("something is very wrong");
                process::abort()
            }
            "kill" => {
                let _ = kill_process(getpid(), Signal::KILL);
                Err("alive".to_owned())
            }
            // Says when it was cancelled, in what it returns.
            "obedient" => {
                wait(cancel);
                Err("cancelled".to_owned())
            }
            "panic-when-cancelled" => {
                wait(cancel);
                panic!("lost my way")
            }
            "deaf" => {
                thread::sleep(PATIENCE * 3);
                Ok(Vec::new())
            }
            "allocate" => {
                let size =
                    String::from_utf8_lossy(input).parse::<usize>().map_err(|error| error.to_string())?;
                let bytes = vec![1_u8; size];
                Ok(bytes.iter().filter(|byte| **byte == 1).count().to_string().into_bytes())
            }
            "limits" => {
                let limits = [Resource::Nofile, Resource::Cpu].map(|resource| getrlimit(resource).current);
                Ok(format!("{limits:?}").into_bytes())
            }
            "garbage" => write_to_host(b"Hello from printf, which knows nothing of frames\n", cancel),
            // A header that announces 4 GiB.
            "huge" => write_to_host(b"RPSF\x01\0\x06\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff", cancel),
            "output" => {
                let size =
                    String::from_utf8_lossy(input).parse::<usize>().map_err(|error| error.to_string())?;
                Ok(vec![0; size])
            }
            other => Err(format!("no service {other}")),
        }
    }
}

fn wait(cancel: &Cancel) {
    let start = Instant::now();
    while !cancel.is_cancelled() && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
}

fn write_to_host(bytes: &[u8], cancel: &Cancel) -> Result<Vec<u8>, String> {
    pipe().and_then(|mut pipe| pipe.write_all(bytes)).map_err(|error| error.to_string())?;
    wait(cancel);
    Ok(Vec::new())
}
