//! `rps codec`: what dumps can be encoded with.

use clap::Subcommand;
use rps_runtime::extension::CodecInfo;
use serde::Serialize;

use crate::answer::Report;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::print::Look;
use crate::print::table::Table;
use crate::store;

/// What can be done with codecs.
#[derive(Debug, Subcommand)]
pub(crate) enum CodecTask {
    /// List the codecs; the first is the one that `--codec auto` takes
    List,
}

#[derive(Serialize)]
struct JsonCodec {
    name: String,
    magic: String,
    version: String,
    description: String,
    /// The size of what it gives to the size of what it is given, about.
    ratio: f64,
    /// In megabytes a second, about.
    throughput: f64,
    plugin: String,
}

/// Does what `rps codec …` asks for.
pub(crate) fn run(task: &CodecTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let directory = store::directory(arguments.store.as_deref());
    let plugins = Plugins::find(arguments, directory.as_deref(), console)?;
    plugins.manager.start();
    match task {
        CodecTask::List => list(&plugins, console.look()).tell(console),
    }
    Ok(())
}

/// Lists the codecs in the order of their scores (CRUSH-21).
pub(crate) fn list(plugins: &Plugins, look: Look) -> Report {
    let codecs = plugins.extensions().codecs();
    let mut table = Table::new(&["codec", "magic", "ratio", "MB/s", "plugin", "what it is"]).numbers(&[2, 3]);
    for codec in &codecs {
        table.row([
            codec.name.clone(),
            magic(codec.magic),
            format!("{:.2}", codec.ratio),
            format!("{:.0}", codec.throughput),
            codec.plugin.clone(),
            format!("{} {}", codec.description, codec.version).trim().to_owned(),
        ]);
    }
    let text = if table.is_empty() { "there are no codecs".to_owned() } else { table.render(look) };
    Report::response(text, codecs.into_iter().map(JsonCodec::from).collect::<Vec<_>>())
}

/// Returns what frames begin with, as hexadecimal digits.
pub(crate) fn magic(magic: [u8; 4]) -> String {
    magic.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<CodecInfo> for JsonCodec {
    fn from(info: CodecInfo) -> JsonCodec {
        JsonCodec {
            magic: magic(info.magic),
            name: info.name,
            version: info.version,
            description: info.description,
            ratio: info.ratio,
            throughput: info.throughput,
            plugin: info.plugin,
        }
    }
}
