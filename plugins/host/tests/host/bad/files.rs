//! Files that are no library for this machine. The system's loader would map them and die (DYN-2, COMMY-25).

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rps_plugin_host::Stage;
use rps_plugin_host::library::Module;

use crate::support::{Plugins, assert_error, assert_works, compiled, error_of, in_child};

fn good_bytes() -> Vec<u8> {
    fs::read(compiled("descriptor.c", &[("CASE_GOOD", "")])).unwrap()
}

/// Returns the bytes with some of them changed.
fn patched(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = good_bytes();
    for &(at, byte) in changes {
        bytes[at] = byte;
    }
    bytes
}

#[test]
fn dyn_2_files_that_are_no_libraries_say_what_they_are_and_the_others_load() {
    let plugins = Plugins::new();
    plugins.write("empty.so", "");
    plugins.write("text.so", "not a library at all\n");
    plugins.write("noise.so", [0x7f, b'X', 0, 1, 2, 3, 0xff]);
    plugins.write("header.so", &good_bytes()[..64]);
    plugins.write("archive.so", b"!<arch>\n");
    fs::create_dir(plugins.path("folder.so")).unwrap();
    plugins.put_good("good");
    let manager = plugins.started();
    for (id, part) in [
        ("empty", "empty.so is empty"),
        ("text", "text.so is a text, no library"),
        ("noise", "noise.so is no library, or a damaged one"),
        ("header", "header.so is no library, or a damaged one"),
        ("archive", "archive.so is a text, no library"),
    ] {
        let error = error_of(&manager, id);
        assert_error(&error, "plugin::bad-file", part);
        assert_error(&error, "plugin::bad-file", "Plugin loading failed: ");
        assert_eq!(manager.info(id).unwrap().stage, Stage::Failed);
        assert!(error.hint().is_some());
    }
    // A directory is no plugin, whatever its name.
    assert_eq!(manager.info("folder").unwrap_err().code(), "plugin::not-found");
    let folder = plugins.path("folder.so").display().to_string();
    assert_error(&manager.load(&folder).unwrap_err(), "plugin::bad-file", "folder.so is no file");
    assert_works(&manager, "good");
}

/// What the ELF header says of the machine is checked before the file is mapped.
#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn dyn_2_libraries_for_other_machines_are_told_by_name() {
    const MACHINE: usize = 18;
    const KIND: usize = 16;
    let plugins = Plugins::new();
    let (this, other, name) = match std::env::consts::ARCH {
        "x86_64" => ("X86_64", 183, "Aarch64"),
        _ => ("Aarch64", 62, "X86_64"),
    };
    plugins.write("other.so", patched(&[(MACHINE, other), (MACHINE + 1, 0)]));
    plugins.write("riscv.so", patched(&[(MACHINE, 243), (MACHINE + 1, 0)]));
    plugins.write("unknown.so", patched(&[(MACHINE, 0xfe), (MACHINE + 1, 0xfe)]));
    // Class 32 and the other order of bytes: the rest of the header is nonsense then, and never believed.
    plugins.write("narrow.so", patched(&[(4, 1)]));
    plugins.write("swapped.so", patched(&[(5, 2)]));
    plugins.write("program.so", patched(&[(KIND, 2), (KIND + 1, 0)]));
    plugins.write("object.so", patched(&[(KIND, 1), (KIND + 1, 0)]));
    plugins.put_good("good");
    let manager = plugins.started();
    let says = |id: &str, part: &str| assert_error(&error_of(&manager, id), "plugin::bad-file", part);
    says("other", &format!("is for {name}, and this is {this}"));
    says("riscv", "is for Riscv64");
    says("unknown", "is for Unknown");
    says("narrow", "narrow.so is");
    says("swapped", "swapped.so is");
    says("program", "is no shared library, but Executable");
    says("object", "is no shared library, but Relocatable");
    assert_works(&manager, "good");
}

/// A library that was cut off at any place is refused, and the process lives: the loader alone would end it by SIGBUS.
#[test]
fn dyn_2_a_library_is_refused_wherever_it_was_cut_off() {
    in_child("bad::files::dyn_2_a_library_is_refused_wherever_it_was_cut_off", || {
        let bytes = good_bytes();
        let plugins = Plugins::new();
        let refused = |len: usize| {
            let path = plugins.write("cut.so", &bytes[..len]);
            let error = Module::open(&path).expect_err("it was cut off");
            assert!(error.code() == "plugin::bad-file", "cut at {len} of {}: {error}", bytes.len());
        };
        // At the edges of everything that a header tells of, and everywhere else now and then.
        for len in (0..128).chain(bytes.len().saturating_sub(64)..bytes.len()) {
            refused(len);
        }
        for page in (4096..bytes.len()).step_by(4096) {
            (page - 1..=page + 1).filter(|&len| len < bytes.len()).for_each(refused);
        }
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 400,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        runner
            .run(&(0..bytes.len()), |len| {
                refused(len);
                Ok(())
            })
            .unwrap();
        // As it is, it is none of that.
        assert!(Module::open(&plugins.write("whole.so", &bytes)).is_ok());
    });
}

/// Section headers are for people: a library without them that was cut off is refused for its segments' sake.
#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn dyn_2_a_library_without_section_headers_is_refused_when_it_was_cut_off() {
    in_child("bad::files::dyn_2_a_library_without_section_headers_is_refused_when_it_was_cut_off", || {
        let no_sections: Vec<(usize, u8)> = (40..48).chain(60..64).map(|at| (at, 0)).collect();
        let bytes = patched(&no_sections);
        let plugins = Plugins::new();
        for len in (64..bytes.len()).step_by(97) {
            let path = plugins.write("cut.so", &bytes[..len]);
            // What is behind the last segment nobody needs.
            if let Err(error) = Module::open(&path) {
                assert_eq!(error.code(), "plugin::bad-file", "cut at {len}: {error}");
            } else {
                assert!(len > bytes.len() / 2, "cut at {len} of {}", bytes.len());
            }
        }
    });
}

/// One flipped byte in what the headers say ends in an error or in a plugin, never in a signal.
#[test]
fn dyn_2_a_damaged_header_does_not_end_the_process() {
    in_child("bad::files::dyn_2_a_damaged_header_does_not_end_the_process", || {
        let bytes = good_bytes();
        let plugins = Plugins::new();
        for at in 0..64 {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let _either = Module::open(&plugins.write("damaged.so", damaged));
            }
        }
    });
}

/// COMMY-25: a file that cannot be read is told of, and nothing else stops.
#[test]
#[cfg(unix)]
fn dyn_2_an_unreadable_file_is_told_of() {
    use std::os::unix::fs::PermissionsExt;
    let plugins = Plugins::new();
    let secret = plugins.put_good("secret");
    plugins.put_good("good");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&secret).is_ok() {
        return rps_tests::skip("this user may read every file, whatever its permissions");
    }
    let manager = plugins.started();
    assert_error(&error_of(&manager, "secret"), "plugin::file", "secret.so can not be read");
    assert_works(&manager, "good");
}

/// COMMY-25: names with blanks and letters of all languages, hidden files, files of other names, and a missing directory.
#[test]
fn commy_25_names_of_files_and_directories_may_be_odd() {
    let plugins = Plugins::new();
    fs::rename(plugins.put_good("good"), plugins.path("zwei Wörter 二/der gute.so")).unwrap();
    plugins.write("zwei Wörter 二/.hidden.so", "text");
    plugins.write("zwei Wörter 二/notes.txt", "text");
    plugins.write("zwei Wörter 二/libgood.so.1", "text");
    let mut options = plugins.options();
    options.search_path = vec![
        plugins.folder().join("missing"),
        plugins.folder().join("missing/../zwei Wörter 二"),
        plugins.folder().join("zwei Wörter 二"),
    ];
    let manager = rps_plugin_host::Manager::new(options);
    manager.discover();
    manager.start();
    assert_works(&manager, "good");
    assert_eq!(manager.list().len(), 1, "{:?}", manager.list());
    assert_eq!(manager.notes(), []);
}

/// COMMY-25: the configuration says which files are plugins.
#[test]
fn commy_25_a_pattern_chooses_the_files() {
    let plugins = Plugins::new().with("plugins_pattern", "rps_*");
    fs::rename(plugins.put_good("good"), plugins.path("rps_good.plugin")).unwrap();
    plugins.put_good("other");
    let manager = plugins.started();
    assert_works(&manager, "good");
    assert_eq!(manager.list().len(), 1);
}
