//! Descriptors and exported symbols, in `descriptor.c`: what is wrong is found before anything is called. Whoever calls
//! `rps_plugin_init` of these plugins ends the process.

use rps_plugin_host::{Manager, PluginError, Stage};

use crate::support::{Plugins, assert_error, assert_works, in_child};

/// What is wrong, the code, and what the message names.
const CASES: &[(&str, &str, &str)] = &[
    ("CASE_WRONG_MAGIC", "plugin::descriptor", "`magic` is \"NOTMAGIC\", not \"RPSPLUG\\\\x01\""),
    ("CASE_ZERO_DESCRIPTOR", "plugin::descriptor", "`magic`"),
    ("CASE_STRUCT_TOO_SMALL", "plugin::descriptor", "`struct_size` is "),
    ("CASE_STRUCT_ZERO", "plugin::descriptor", "`struct_size` is 0, and must be at least "),
    ("CASE_OLDER_MAJOR", "plugin::abi-version", "plugin interface 0.0, and this is 1.0"),
    ("CASE_NEWER_MAJOR", "plugin::abi-version", "plugin interface 2.0, and this is 1.0"),
    ("CASE_NEWER_MINOR", "plugin::abi-version", "plugin interface 1.1, and this is 1.0"),
    ("CASE_NULL_ID", "plugin::descriptor", "`id` is null"),
    ("CASE_EMPTY_ID", "plugin::descriptor", "`id` is empty"),
    ("CASE_ID_NOT_UTF8", "plugin::descriptor", "`id` is no UTF-8 from byte 3 on"),
    ("CASE_ID_WITH_BLANK", "plugin::descriptor", "`id` is `two words`"),
    ("CASE_ID_WITH_SLASH", "plugin::descriptor", "`id` is `../escape`"),
    ("CASE_ID_IN_CAPITALS", "plugin::descriptor", "`id` is `Fixture`"),
    ("CASE_ID_BEGINS_WITH_DIGIT", "plugin::descriptor", "`id` is `1st`"),
    ("CASE_ID_TOO_LONG", "plugin::descriptor", "`id` has 144 bytes; at most 128 are allowed"),
    ("CASE_ID_UNTERMINATED", "plugin::descriptor", "`id` is no text: it does not end within 65536 bytes"),
    ("CASE_NULL_VERSION", "plugin::descriptor", "`version` is null"),
    ("CASE_BAD_VERSION", "plugin::descriptor", "`version` is `one point oh`"),
    ("CASE_VERSION_OF_TWO_NUMBERS", "plugin::descriptor", "`version` is `1.0`"),
    ("CASE_NAME_NOT_UTF8", "plugin::descriptor", "`name` is no UTF-8 from byte 0 on"),
    ("CASE_UNKNOWN_FLAG", "plugin::descriptor", "`flags` has bits that are not known here: 0x80000000"),
    ("CASE_MISSING_EXTENSION", "plugin::missing-extension", "`rps.time-travel/1`"),
    ("CASE_NEWER_EXTENSION", "plugin::missing-extension", "`rps.graph/99`"),
    ("CASE_NULL_EXTENSIONS", "plugin::descriptor", "`extensions` is null, and is said to have 3 entries"),
    ("CASE_NULL_EXTENSION", "plugin::descriptor", "`extensions` is null"),
    ("CASE_BAD_RANGE", "plugin::descriptor", "`requires` has `about 2` for other"),
    ("CASE_NULL_REQUIREMENTS", "plugin::descriptor", "`requires` is null"),
    ("CASE_REQUIREMENT_WITHOUT_ID", "plugin::descriptor", "`requires` is null"),
    ("CASE_REQUIRES_ITSELF", "plugin::cycle", "fixture → fixture"),
    ("CASE_BAD_PROVIDED_NAME", "plugin::descriptor", "`provides` is `no name`"),
    ("CASE_NO_DESCRIPTOR", "plugin::missing-symbol", "`rps_plugin_descriptor`"),
    ("CASE_PLUGIN_OF_COMMY", "plugin::missing-symbol", "`rps_plugin_descriptor`"),
    ("CASE_PLUGIN_OF_DYNPLUG", "plugin::missing-symbol", "`rps_plugin_descriptor`"),
    ("CASE_PLUGIN_OF_REFPERSYS", "plugin::missing-symbol", "`rps_plugin_descriptor`"),
    ("CASE_PLUGIN_OF_BMUX", "plugin::missing-symbol", "`rps_plugin_descriptor`"),
    ("CASE_NO_INIT", "plugin::missing-symbol", "`rps_plugin_init`"),
    ("CASE_UNDEFINED_SYMBOL", "plugin::refused", "nobody_defines_this"),
];

/// What is good all the same.
const GOOD: &[&str] = &["CASE_GOOD", "CASE_NO_DEINIT", "CASE_DESCRIPTOR_OF_TOMORROW"];

fn loaded(case: &str) -> (Manager, Result<String, PluginError>, Plugins) {
    let plugins = Plugins::new();
    let path = plugins.put("bad", "descriptor.c", &[(case, "")]);
    plugins.put_good("good");
    let manager = plugins.started();
    let result = manager.load(&path.display().to_string());
    (manager, result, plugins)
}

/// COMMY-11, COMMY-27, RPS-21.
#[test]
fn commy_11_every_member_of_a_descriptor_is_checked_before_anything_is_called() {
    in_child(
        "bad::descriptors::commy_11_every_member_of_a_descriptor_is_checked_before_anything_is_called",
        || {
            for (case, code, part) in CASES {
                println!("{case}");
                let (manager, result, plugins) = loaded(case);
                let error = result.expect_err(case);
                assert_error(&error, code, part);
                // It is told of in the list too, as what it was found to be.
                let listed: Vec<_> = manager.list().into_iter().filter(|info| info.id != "good").collect();
                let [info] = &listed[..] else { panic!("{listed:?}") };
                assert_eq!(info.stage, Stage::Failed, "{case}");
                assert_error(info.error.as_ref().expect(case), code, part);
                assert_works(&manager, "good");
                drop(plugins);
            }
        },
    );
}

#[test]
fn commy_11_the_cases_are_those_of_the_fixture() {
    let source = rps_tests::workspace::root().join("tests/fixtures/plugins/descriptor.c");
    let mut known: Vec<_> = CASES.iter().map(|(case, _, _)| *case).chain(GOOD.iter().copied()).collect();
    known.sort_unstable();
    assert_eq!(rps_tests::c::cases(&source), known);
}

#[test]
fn commy_11_a_later_and_longer_descriptor_and_a_missing_deinit_are_fine() {
    for case in GOOD {
        let (manager, result, _plugins) = loaded(case);
        assert_eq!(result.map_err(|error| error.to_string()), Ok("fixture".to_owned()), "{case}");
        manager.unload("fixture", false).unwrap();
        assert_works(&manager, "good");
    }
}

/// what was made for another interface is told what to do.
#[test]
fn plugins_of_other_interfaces_are_told_so() {
    for (case, symbol) in [
        ("CASE_PLUGIN_OF_COMMY", "com_my_plugin_register"),
        ("CASE_PLUGIN_OF_DYNPLUG", "register_plugin"),
        ("CASE_PLUGIN_OF_REFPERSYS", "rps_do_plugin"),
        ("CASE_PLUGIN_OF_BMUX", "bmux_plugin_entry_v1"),
    ] {
        let (_manager, result, _plugins) = loaded(case);
        let hint = result.unwrap_err().hint().unwrap();
        assert!(hint.contains(&format!("it exports `{symbol}`")), "{hint}");
    }
}
