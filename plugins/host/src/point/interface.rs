//! What each point asks for: the plugin's table, checked and copied when it is registered.

use std::ffi::{c_char, c_void};

use rps_plugin_abi as abi;
use rps_plugin_abi::point;
use rps_runtime::send::{DirectFunction, NotASignature};

use super::definition::Definition;
use crate::library::text_at;

/// What is wrong with a registration: a code, and a text.
pub(crate) type Wrong = (&'static str, String);

type Checked<T> = Result<T, Wrong>;

/// The implementation of a point.
#[derive(Debug)]
pub(crate) enum Interface {
    Function(FunctionInterface),
    Service(ServiceInterface),
    Command(CommandInterface),
    Payload(PayloadInterface),
    State(StateInterface),
    Codec(CodecInterface),
    Validator(Validate),
    DumpHook(DumpHookInterface),
    Task { priority: u32, run: Run },
    EventHook(OnEvent),
    View(ViewValue),
    Intrinsic(&'static DirectFunction),
    Tier(TierInterface),
    Custom(Vec<Option<point::ByteFunction>>),
}

pub(crate) type Validate =
    unsafe extern "C" fn(*mut c_void, *mut abi::Call, *const point::Report) -> abi::Status;
pub(crate) type Run = unsafe extern "C" fn(*mut c_void, *mut abi::Call, *const u8, usize) -> abi::Status;
pub(crate) type OnEvent =
    unsafe extern "C" fn(*mut c_void, *mut abi::Call, *const u8, usize, *const u8, usize) -> abi::Status;
pub(crate) type ViewValue =
    unsafe extern "C" fn(*mut c_void, *mut abi::Call, abi::RawValue, *const abi::Sink) -> abi::Status;
pub(crate) type CallFunction = unsafe extern "C" fn(
    *mut c_void,
    *mut abi::Call,
    abi::RawValue,
    *const abi::RawValue,
    usize,
    *mut abi::RawValue,
) -> abi::Status;

#[derive(Debug)]
pub(crate) struct FunctionInterface {
    pub(crate) arity: u8,
    pub(crate) is_guarded: bool,
    pub(crate) receiver: Option<String>,
    pub(crate) doc: String,
    pub(crate) call: CallFunction,
}

#[derive(Debug)]
pub(crate) struct ServiceInterface {
    pub(crate) is_idempotent: bool,
    pub(crate) doc: String,
    pub(crate) execute: point::ByteFunction,
}

#[derive(Debug)]
pub(crate) struct CommandInterface {
    pub(crate) arguments: String,
    pub(crate) summary: String,
    pub(crate) details: String,
    pub(crate) run: point::ByteFunction,
    pub(crate) complete: Option<point::ByteFunction>,
}

#[derive(Debug)]
pub(crate) struct PayloadInterface {
    pub(crate) formats: u32,
    pub(crate) schema_hash: u64,
    pub(crate) schema: String,
    pub(crate) class_name: String,
    pub(crate) table: point::PayloadType,
}

#[derive(Debug)]
pub(crate) struct StateInterface {
    pub(crate) version: u32,
    pub(crate) dependencies: Vec<String>,
    pub(crate) table: point::State,
}

#[derive(Debug)]
pub(crate) struct CodecInterface {
    pub(crate) magic: [u8; 4],
    pub(crate) throughput: f64,
    pub(crate) ratio: f64,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) table: point::Codec,
}

#[derive(Debug)]
pub(crate) struct TierInterface {
    pub(crate) build: String,
    pub(crate) table: point::Tier,
}

#[derive(Debug)]
pub(crate) struct DumpHookInterface {
    pub(crate) before: Option<unsafe extern "C" fn(*mut c_void, *mut abi::Call) -> abi::Status>,
    pub(crate) after: Option<unsafe extern "C" fn(*mut c_void, *mut abi::Call, u32, u64) -> abi::Status>,
}

impl Interface {
    /// Checks and copies the table that a plugin registers at a point of the host.
    ///
    /// # Safety
    ///
    /// The pointer is null, or that of a table which begins with its size and is as long as it says.
    pub(crate) unsafe fn read(point: &str, name: &str, table: *const c_void) -> Checked<Interface> {
        // SAFETY: by this function's contract, here and below; which table it is, the point says.
        unsafe {
            Ok(match point {
                point::FUNCTION => Interface::Function(function(copy(table)?)?),
                point::SERVICE => {
                    let table: point::Service = copy(table)?;
                    flags(table.flags, point::SERVICE_IDEMPOTENT)?;
                    Interface::Service(ServiceInterface {
                        is_idempotent: table.flags & point::SERVICE_IDEMPOTENT != 0,
                        doc: text(table.doc, "doc")?.unwrap_or_default(),
                        execute: required(table.execute, "execute")?,
                    })
                }
                point::COMMAND => {
                    let table: point::Command = copy(table)?;
                    flags(table.flags, 0)?;
                    Interface::Command(CommandInterface {
                        arguments: text(table.arguments, "arguments")?.unwrap_or_default(),
                        summary: needed(table.summary, "summary")?,
                        details: text(table.details, "details")?.unwrap_or_default(),
                        run: required(table.run, "run")?,
                        complete: table.complete,
                    })
                }
                point::PAYLOAD_TYPE => Interface::Payload(payload(copy(table)?)?),
                point::STATE => Interface::State(state(copy(table)?)?),
                point::CODEC => Interface::Codec(codec(copy(table)?)?),
                point::VALIDATOR => {
                    let table: point::Validator = copy(table)?;
                    flags(table.flags, 0)?;
                    Interface::Validator(required(table.validate, "validate")?)
                }
                point::DUMP_HOOK => {
                    let table: point::DumpHook = copy(table)?;
                    flags(table.flags, 0)?;
                    Interface::DumpHook(DumpHookInterface { before: table.before, after: table.after })
                }
                point::TASK => {
                    let table: point::Task = copy(table)?;
                    flags(table.flags, 0)?;
                    if table.priority > point::PRIORITY_LOW {
                        return wrong(
                            "plugin::bad-metadata",
                            format!("the priority {} is none", table.priority),
                        );
                    }
                    Interface::Task { priority: table.priority, run: required(table.run, "run")? }
                }
                point::EVENT_HOOK => {
                    let table: point::EventHook = copy(table)?;
                    flags(table.flags, 0)?;
                    Interface::EventHook(required(table.on_event, "on_event")?)
                }
                point::VIEW => {
                    let table: point::View = copy(table)?;
                    flags(table.flags, 0)?;
                    Interface::View(required(table.view, "view")?)
                }
                point::INTRINSIC => {
                    let table: point::Intrinsic = copy(table)?;
                    flags(table.flags, 0)?;
                    let address = required(table.address, "address")? as *const ();
                    let text = needed(table.signature, "signature")?;
                    let signature = text.parse().map_err(|problem: NotASignature| {
                        let problem = format!("`signature` is `{text}`, which is none: {problem}");
                        ("plugin::bad-metadata", problem)
                    })?;
                    // The library stays mapped for as long as the process; that the rest is so too, the plugin answers for.
                    let function = DirectFunction::new(address.expose_provenance(), signature);
                    // Machine code has its address.
                    Interface::Intrinsic(Box::leak(Box::new(function)))
                }
                point::TIER => {
                    let table: point::Tier = copy(table)?;
                    flags(table.flags, 0)?;
                    required(table.compile, "compile")?;
                    required(table.link, "link")?;
                    required(table.find, "find")?;
                    required(table.unlink, "unlink")?;
                    Interface::Tier(TierInterface { build: needed(table.build, "build")?, table })
                }
                _ => {
                    let problem = format!("there is no extension point `{point}` (for `{name}`)");
                    return wrong("plugin::unknown-point", problem);
                }
            })
        }
    }

    /// Checks and copies the table that a plugin registers at a point that a plugin defined.
    ///
    /// # Safety
    ///
    /// As [`Interface::read`].
    pub(crate) unsafe fn read_custom(definition: &Definition, table: *const c_void) -> Checked<Interface> {
        // SAFETY: by this function's contract.
        let table: point::Functions = unsafe { copy(table) }?;
        flags(table.flags, 0)?;
        let count = definition.functions as usize;
        if table.functions.is_null() || table.count < count && definition.required >> table.count != 0 {
            let problem = format!("it has {} functions, and the point asks for {count}", table.count);
            return wrong("plugin::interface-mismatch", problem);
        }
        // SAFETY: the table says that so many are there.
        let mut functions =
            unsafe { std::slice::from_raw_parts(table.functions, table.count.min(count)) }.to_vec();
        functions.resize(count, None);
        for (index, function) in functions.iter().enumerate() {
            if function.is_none() && definition.required >> index & 1 == 1 {
                return wrong("plugin::null-function", format!("function {index} is null"));
            }
        }
        Ok(Interface::Custom(functions))
    }
}

/// Copies a table that begins with its size.
///
/// # Safety
///
/// The pointer is null, or that of a table which begins with its size and is as long as it says; `T` is the table as this
/// host knows it, and valid as zeros.
unsafe fn copy<T>(table: *const c_void) -> Checked<T> {
    if table.is_null() {
        return wrong("plugin::null-interface", "its interface is null".into());
    }
    if !(table as usize).is_multiple_of(align_of::<T>()) {
        return wrong("plugin::interface-mismatch", "its interface is not aligned".into());
    }
    // SAFETY: every table begins with its size.
    let size = unsafe { *table.cast::<u32>() } as usize;
    // All tables have revision 1: what is shorter lacks something that this revision has.
    if size < size_of::<T>() {
        let problem = format!("its interface has {size} bytes, and {} are needed", size_of::<T>());
        return wrong("plugin::interface-mismatch", problem);
    }
    // SAFETY: the table is at least as long, and aligned; all members are plain data.
    Ok(unsafe { table.cast::<T>().read() })
}

fn wrong<T>(code: &'static str, problem: String) -> Checked<T> {
    Err((code, problem))
}

fn required<T>(function: Option<T>, name: &str) -> Checked<T> {
    function.ok_or_else(|| ("plugin::null-function", format!("`{name}` is null")))
}

fn flags(flags: u32, known: u32) -> Checked<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => {
            wrong("plugin::bad-metadata", format!("`flags` has bits that are not known: {unknown:#x}"))
        }
    }
}

/// # Safety
///
/// As [`text_at`].
unsafe fn text(pointer: *const c_char, name: &str) -> Checked<Option<String>> {
    // SAFETY: by this function's contract.
    unsafe { text_at(pointer) }.map_err(|problem| ("plugin::bad-text", format!("`{name}` {problem}")))
}

/// # Safety
///
/// As [`text_at`].
unsafe fn needed(pointer: *const c_char, name: &str) -> Checked<String> {
    // SAFETY: by this function's contract.
    match unsafe { text(pointer, name) }? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => wrong("plugin::bad-metadata", format!("`{name}` is empty")),
    }
}

/// # Safety
///
/// The texts of the table are as [`text_at`] asks.
unsafe fn function(table: point::Function) -> Checked<FunctionInterface> {
    flags(table.flags, point::FUNCTION_GUARDED)?;
    let arity = u8::try_from(table.arity).map_err(|_| {
        ("plugin::bad-metadata", format!("`arity` is {}; at most 254 arguments, or 255", table.arity))
    })?;
    // SAFETY: by this function's contract.
    let (receiver, doc) = unsafe { (text(table.receiver, "receiver")?, text(table.doc, "doc")?) };
    Ok(FunctionInterface {
        arity,
        is_guarded: table.flags & point::FUNCTION_GUARDED != 0,
        receiver,
        doc: doc.unwrap_or_default(),
        call: required(table.call, "call")?,
    })
}

/// # Safety
///
/// The texts of the table are as [`text_at`] asks.
unsafe fn payload(table: point::PayloadType) -> Checked<PayloadInterface> {
    let known = point::FORMAT_JSON | point::FORMAT_BYTES;
    if table.formats == 0 || table.formats & !known != 0 {
        return wrong(
            "plugin::bad-metadata",
            format!("`formats` is {:#x}: one or two known forms", table.formats),
        );
    }
    required(table.drop, "drop")?;
    required(table.serialize, "serialize")?;
    required(table.deserialize, "deserialize")?;
    // SAFETY: by this function's contract.
    let (schema, class_name) =
        unsafe { (needed(table.schema, "schema")?, needed(table.class_name, "class_name")?) };
    let hash = xxhash_rust::xxh64::xxh64(schema.as_bytes(), 0);
    if hash != table.schema_hash {
        let problem =
            format!("`schema_hash` is {:016x}, and the hash of its schema is {hash:016x}", table.schema_hash);
        return wrong("plugin::schema-hash", problem);
    }
    if !rps_runtime::names::is_name(&class_name) {
        return wrong("plugin::bad-metadata", format!("`class_name` is `{class_name}`, which is no name"));
    }
    Ok(PayloadInterface { formats: table.formats, schema_hash: hash, schema, class_name, table })
}

/// # Safety
///
/// The texts and lists of the table are as [`text_at`] asks.
unsafe fn state(table: point::State) -> Checked<StateInterface> {
    flags(table.flags, 0)?;
    required(table.snapshot, "snapshot")?;
    if table.dependencies_count > 0 && table.dependencies.is_null() {
        return wrong("plugin::bad-metadata", "`dependencies` is null".into());
    }
    let mut dependencies = Vec::new();
    for index in 0..table.dependencies_count as usize {
        // SAFETY: the table says that so many are there; texts by this function's contract.
        dependencies.push(unsafe { needed(*table.dependencies.add(index), "dependencies") }?);
    }
    Ok(StateInterface { version: table.version, dependencies, table })
}

/// # Safety
///
/// The texts of the table are as [`text_at`] asks.
unsafe fn codec(table: point::Codec) -> Checked<CodecInterface> {
    flags(table.flags, 0)?;
    if table.magic[..3] != *b"CR\x01" {
        let problem = format!("`magic` is {:02x?}; it begins with 43 52 01", table.magic);
        return wrong("plugin::bad-metadata", problem);
    }
    if table.throughput.is_nan() || table.throughput <= 0.0 || table.throughput.is_infinite() {
        return wrong("plugin::bad-metadata", format!("`throughput` is {}", table.throughput));
    }
    if !(table.ratio > 0.0 && table.ratio <= 1.0) {
        return wrong("plugin::bad-metadata", format!("`ratio` is {}; more than 0, at most 1", table.ratio));
    }
    required(table.encode, "encode")?;
    required(table.decode, "decode")?;
    // SAFETY: by this function's contract.
    let (version, description) =
        unsafe { (needed(table.version, "version")?, text(table.description, "description")?) };
    Ok(CodecInterface {
        magic: table.magic,
        throughput: table.throughput,
        ratio: table.ratio,
        version,
        description: description.unwrap_or_default(),
        table,
    })
}
