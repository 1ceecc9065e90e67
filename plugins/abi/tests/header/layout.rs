//! Sizes, offsets and constants.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::mem::{align_of, offset_of, size_of};

use rps_plugin_abi::*;
use rps_plugin_abi::{call::*, extension::*, host::*, point::*, status::*, value::*};
use rps_tests::workspace;

/// A struct of C, with what Rust says of it.
struct Struct {
    name: &'static str,
    size: usize,
    align: usize,
    members: Vec<Member>,
}

struct Member {
    name: &'static str,
    offset: usize,
    size: usize,
}

/// Lists structs. One with a member that is not listed does not compile.
macro_rules! structs {
    ($($rust:ident $c:literal { $($member:ident),* })*) => {
        vec![$({
            fn complete(value: &$rust) { let $rust { $($member: _),* } = value; }
            let _ = complete;
            Struct {
                name: $c,
                size: size_of::<$rust>(),
                align: align_of::<$rust>(),
                members: vec![$(Member {
                    name: c_member(stringify!($member)),
                    offset: offset_of!($rust, $member),
                    size: size_of_member(|value: &$rust| &value.$member),
                }),*],
            }
        }),*]
    };
}

fn size_of_member<T, M>(_member: fn(&T) -> &M) -> usize {
    size_of::<M>()
}

/// Words of C and C++ have an underscore.
fn c_member(name: &'static str) -> &'static str {
    match name {
        "int" => "int_",
        "double" => "double_",
        "requires" => "requires_",
        _ => name,
    }
}

fn structs() -> Vec<Struct> {
    structs! {
        Bytes "rps_bytes" { ptr, len }
        Sink "rps_sink" { struct_size, reserved, context, write }
        RawValue "rps_value" { bits }
        PluginDescriptor "rps_descriptor" {
            magic, struct_size, abi_major, abi_minor, id, version, name, description, requires, provides,
            extensions, requires_count, provides_count, extensions_count, flags
        }
        Requirement "rps_requirement" { id, version, optional, reserved }
        Host "rps_host" {
            struct_size, abi_major, abi_minor, version, context, get_extension, log, fail,
            register_extension, define_point
        }
        Registration "rps_registration" {
            struct_size, revision, point, name, priority, reserved, interface, data
        }
        PointDefinition "rps_point_definition" {
            struct_size, revision, name, description, functions, reserved, required
        }
        Call "rps_call" { struct_size, flags, cancelled, host, context }
        Function "rps_function" { struct_size, flags, arity, reserved, receiver, doc, call }
        Service "rps_service" { struct_size, flags, doc, execute }
        Command "rps_command" { struct_size, flags, arguments, summary, details, run, complete }
        Functions "rps_functions" { struct_size, flags, count, functions }
        PayloadType "rps_payload_type" {
            struct_size, formats, schema_hash, schema, class_name, create, clone, drop, trace, size,
            serialize, deserialize
        }
        Visitor "rps_visitor" { struct_size, reserved, context, visit }
        State "rps_state" {
            struct_size, flags, version, dependencies_count, dependencies, quiesce, resume, snapshot,
            validate, restore, reset
        }
        Codec "rps_codec" {
            struct_size, flags, magic, reserved, throughput, ratio, version, description, detect, encode,
            decode
        }
        Validator "rps_validator" { struct_size, flags, validate }
        Report "rps_report" { struct_size, reserved, context, problem }
        DumpHook "rps_dump_hook" { struct_size, flags, before, after }
        Task "rps_task" { struct_size, flags, priority, reserved, run }
        EventHook "rps_event_hook" { struct_size, flags, on_event }
        View "rps_view" { struct_size, flags, view }
        Intrinsic "rps_intrinsic" { struct_size, flags, signature, address }
        TierSymbol "rps_tier_symbol" { name, len, address }
        Tier "rps_tier" {
            struct_size, flags, form, reserved, build, compile, link, find, unlink, show, stats
        }
        Graph "rps_graph" {
            struct_size, reserved, kind, int, double, string, tuple, as_int, as_double, as_text, count, item,
            print, equal, find, class_of, new_object, get, put, append, oid, by_oid, send, apply, raise,
            new_payload, payload, touch, keep, kept, release, safepoint
        }
        Points "rps_points" { struct_size, reserved, call, names, execute }
        Settings "rps_settings" { struct_size, reserved, read }
        Agenda "rps_agenda" { struct_size, reserved, enqueue }
        Events "rps_events" { struct_size, reserved, emit }
    }
}

/// Lists constants behind what C puts before their names.
macro_rules! constants {
    ($($prefix:literal { $($name:ident),* })*) => {
        vec![$($((concat!($prefix, stringify!($name)), u64::try_from($name).unwrap())),*),*]
    };
}

fn numbers() -> Vec<(&'static str, u64)> {
    constants! {
        "RPS_" { ABI_MAJOR, ABI_MINOR, MAX_TEXT, MAX_NAME }
        "RPS_" {
            OK, ERROR, CANCELLED, TIMEOUT, PANIC, UNSUPPORTED, CORRUPT, LIMIT, NOT_FOUND, INVALID, RAISED, MISUSE
        }
        "RPS_" {
            NIL_BITS, FALSE_BITS, TRUE_BITS, DOUBLE_TAG, ZERO_BITS, KIND_NIL, KIND_BOOL, KIND_INT, KIND_BIG_INT,
            KIND_DOUBLE, KIND_STRING, KIND_OBJECT, KIND_TUPLE, KIND_SET, KIND_CLOSURE, KIND_INSTANCE, KIND_JSON,
            KIND_OTHER
        }
        "RPS_" { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG }
        "RPS_" { CALL_DIRECT }
        "RPS_" {
            ANY_ARITY, FUNCTION_GUARDED, SERVICE_IDEMPOTENT, FORMAT_JSON, FORMAT_BYTES, PRIORITY_HIGH,
            PRIORITY_NORMAL, PRIORITY_LOW, SEVERITY_ERROR, SEVERITY_WARNING, TIER_SHOW_INTERMEDIATE,
            TIER_SHOW_ASSEMBLY
        }
    }
}

macro_rules! texts {
    ($($prefix:literal { $($name:ident),* })*) => {
        vec![$($((concat!($prefix, stringify!($name)), $name)),*),*]
    };
}

fn texts() -> Vec<(&'static str, &'static str)> {
    let mut texts = texts! {
        "RPS_" { DESCRIPTOR_SYMBOL, INIT_SYMBOL, DEINIT_SYMBOL }
        "RPS_POINT_" {
            FUNCTION, SERVICE, COMMAND, PAYLOAD_TYPE, STATE, CODEC, VALIDATOR, DUMP_HOOK, TASK, EVENT_HOOK, VIEW,
            INTRINSIC, TIER
        }
        "RPS_EXTENSION_" { GRAPH, POINTS, SETTINGS, AGENDA, EVENTS }
    };
    texts.push(("RPS_MAGIC", std::str::from_utf8(&MAGIC).unwrap()));
    texts
}

#[test]
fn sizes_offsets_and_constants_are_the_same_in_c_and_in_rust() {
    let mut program = String::from(
        "#include <stdio.h>\n#include \"rps_plugin.h\"\n\
         #ifdef __cplusplus\n#define ALIGN alignof\n#else\n#define ALIGN _Alignof\n#endif\n\
         RPS_PLUGIN(\"macro\", \"1.2.3\", \"Macro\", NULL);\n\
         int main(void) {\n",
    );
    let mut expected = String::new();
    for Struct { name, size, align, members } in structs() {
        let _ = writeln!(program, "printf(\"{name} %zu %zu\\n\", sizeof({name}), ALIGN({name}));");
        let _ = writeln!(expected, "{name} {size} {align}");
        for Member { name: member, offset, size } in members {
            let _ = writeln!(
                program,
                "printf(\"{name}.{member} %zu %zu\\n\", offsetof({name}, {member}), sizeof((({name} *)0)->{member}));"
            );
            let _ = writeln!(expected, "{name}.{member} {offset} {size}");
        }
    }
    for (name, number) in numbers() {
        let _ = writeln!(program, "printf(\"{name} %llu\\n\", (unsigned long long){name});");
        let _ = writeln!(expected, "{name} {number}");
    }
    for (name, text) in texts() {
        let _ = writeln!(program, "printf(\"{name} %s\\n\", {name});");
        let _ = writeln!(expected, "{name} {text}");
    }
    program.push_str("printf(\"%.8s\\n\", (const char *)rps_plugin_descriptor.magic);\nreturn 0;\n}\n");
    let _ = writeln!(expected, "{}", std::str::from_utf8(&MAGIC).unwrap());

    let printed = super::printed("layout.c", &program);
    for (printed, expected) in printed.lines().zip(expected.lines()) {
        assert_eq!(printed, expected);
    }
    assert_eq!(printed, expected);
}

#[test]
fn nothing_in_the_header_is_left_out_above() {
    let path = workspace::root().join("plugins/abi/include/rps_plugin.h");
    let header = std::fs::read_to_string(path).unwrap();
    let mut there = BTreeSet::new();
    for line in header.lines() {
        let named = line.strip_prefix("typedef struct ").and_then(|rest| rest.strip_suffix(" {"));
        let defined =
            line.strip_prefix("#define ").and_then(|rest| rest.split_once(' ')).map(|(name, _)| name);
        there.extend(named.or(defined));
    }
    there.remove("RPS_EXPORT");
    let structs = structs();
    let listed: BTreeSet<&str> = structs
        .iter()
        .map(|one| one.name)
        .chain(numbers().into_iter().map(|(name, _)| name))
        .chain(texts().into_iter().map(|(name, _)| name))
        .collect();
    assert_eq!(listed, there);
}
