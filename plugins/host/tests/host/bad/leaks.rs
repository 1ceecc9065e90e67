//! What failed loads and what loading and unloading leave behind: nothing (RPS-22, COMMY-26).
#![cfg(target_os = "linux")]

use std::fs;

use crate::support::{Plugins, assert_works, in_child, wait_for};

/// What a process has.
#[derive(Debug)]
struct Held {
    descriptors: usize,
    mappings: usize,
    threads: usize,
    resident_kilobytes: usize,
}

impl Held {
    fn now() -> Held {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        Held {
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            mappings: fs::read_to_string("/proc/self/maps").unwrap().lines().count(),
            threads: number("Threads:"),
            resident_kilobytes: number("VmRSS:"),
        }
    }

    /// Makes sure that there is not more than there was, but for what allocators and pools of threads keep.
    #[track_caller]
    fn assert_as_before(&self) {
        let now = Held::now();
        assert_eq!(now.descriptors, self.descriptors, "{self:?}, then {now:?}");
        assert!(now.mappings <= self.mappings + 12, "{self:?}, then {now:?}");
        assert!(now.threads <= self.threads + 2, "{self:?}, then {now:?}");
        assert!(now.resident_kilobytes <= self.resident_kilobytes + 6 * 1024, "{self:?}, then {now:?}");
    }
}

#[test]
fn rps_22_ten_thousand_failed_loads_leave_nothing_behind() {
    in_child("bad::leaks::rps_22_ten_thousand_failed_loads_leave_nothing_behind", || {
        let plugins = Plugins::new();
        let mut paths = vec![
            plugins.write("x/text.so", "no library"),
            plugins.path("x/missing.so"),
            plugins.put("x/truncated", "descriptor.c", &[("CASE_GOOD", "")]),
        ];
        let bytes = fs::read(&paths[2]).unwrap();
        fs::write(&paths[2], &bytes[..bytes.len() / 2]).unwrap();
        for case in ["CASE_WRONG_MAGIC", "CASE_NEWER_MAJOR", "CASE_BAD_VERSION", "CASE_NO_INIT"] {
            paths.push(plugins.put(&format!("x/{case}"), "descriptor.c", &[(case, "")]));
        }
        paths.push(plugins.put("x/undefined", "descriptor.c", &[("CASE_UNDEFINED_SYMBOL", "")]));
        paths.push(plugins.put("x/fails", "init.c", &[("CASE_INIT_REGISTERS_THEN_FAILS", "")]));
        paths.push(plugins.put(
            "x/twice",
            "init.c",
            &[("CASE_REGISTERS_TWICE", ""), ("FIXTURE_ID", "\"twice\"")],
        ));
        plugins.put_good("good");
        let manager = plugins.started();
        let fail = |times: usize| {
            for _ in 0..times {
                for path in &paths {
                    manager.load(&path.display().to_string()).expect_err("it is bad");
                }
            }
        };
        fail(50);
        let before = Held::now();
        fail(1000);
        before.assert_as_before();
        assert_works(&manager, "good");
        assert_eq!(manager.list().len(), 3, "{:?}", manager.list());
    });
}

#[test]
fn commy_26_a_thousand_cycles_of_loading_and_unloading_leave_nothing_behind() {
    in_child("bad::leaks::commy_26_a_thousand_cycles_of_loading_and_unloading_leave_nothing_behind", || {
        let plugins = Plugins::new();
        plugins.put("services", "services.c", &[]);
        let manager = plugins.started();
        let cycle = |times: usize| {
            for _ in 0..times {
                assert_eq!(manager.execute("echo", b"hello").unwrap(), b"hello");
                manager.unload("services", false).unwrap();
                assert_eq!(manager.execute("echo", b"hello").unwrap_err().code(), "plugin::not-found");
                manager.load("services").unwrap();
            }
        };
        cycle(50);
        let before = Held::now();
        cycle(1000);
        before.assert_as_before();
        // Whoever was unloaded has no thread any more.
        wait_for("calls to end", || manager.leaked_calls() == 0);
    });
}

/// Managers that come and go, as those of tests and of an embedding program do.
#[test]
fn rps_22_managers_leave_no_threads_and_no_descriptors() {
    in_child("bad::leaks::rps_22_managers_leave_no_threads_and_no_descriptors", || {
        let plugins = Plugins::new();
        plugins.write("text.so", "no library");
        plugins.put("magic", "descriptor.c", &[("CASE_WRONG_MAGIC", "")]);
        let cycle = |times: usize| {
            for _ in 0..times {
                let manager = plugins.started();
                assert_eq!(manager.list().len(), 2);
            }
        };
        cycle(20);
        let before = Held::now();
        cycle(500);
        before.assert_as_before();
    });
}
