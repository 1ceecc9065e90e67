//! The point `space.codec`: codecs of space files.

use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_runtime::extension::{Codec, CodecInfo, ExtensionError};

use super::guarded::Guarded;
use crate::error::{CallError, PluginError};
use crate::instance::Instance;
use crate::manager::Inner;
use crate::point::{CodecInterface, Data, Entry, Interface};

/// A codec of a plugin.
struct PluginCodec {
    manager: Arc<Inner>,
    entry: Arc<Entry>,
    info: CodecInfo,
}

/// Returns the codec that fits, loading its plugin if need be.
pub(crate) fn codec_of(manager: &Arc<Inner>, fits: impl Fn(&CodecInfo) -> bool) -> Option<Arc<dyn Codec>> {
    manager.load_declared(abi::point::CODEC);
    let list = manager.registry.list(abi::point::CODEC);
    list.iter().find_map(|entry| {
        let (_, interface, _) = parts(entry)?;
        let info = info(entry, interface);
        let codec =
            || PluginCodec { manager: Arc::clone(manager), entry: Arc::clone(entry), info: info.clone() };
        fits(&info).then(|| Arc::new(codec()) as Arc<dyn Codec>)
    })
}

/// Returns all codecs, the best first: 70 % for speed, on a logarithmic scale, and 30 % for size (CRUSH-20).
pub(crate) fn best_codecs(manager: &Arc<Inner>) -> Vec<CodecInfo> {
    manager.load_declared(abi::point::CODEC);
    let list = manager.registry.list(abi::point::CODEC);
    let infos = list.iter().filter_map(|entry| Some(info(entry, parts(entry)?.1)));
    score(infos.collect())
}

/// Sorts codecs by their scores. Among equals they stay in the order of dispatch.
fn score(mut infos: Vec<CodecInfo>) -> Vec<CodecInfo> {
    let range = |value: fn(&CodecInfo) -> f64, infos: &[CodecInfo]| {
        let values = infos.iter().map(value);
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        move |info: &CodecInfo| if high > low { (value(info) - low) / (high - low) } else { 1.0 }
    };
    let speed = range(|info| info.throughput.ln(), &infos);
    let size = range(|info| -info.ratio, &infos);
    let score = |info: &CodecInfo| 0.7 * speed(info) + 0.3 * size(info);
    infos.sort_by(|a, b| score(b).total_cmp(&score(a)));
    infos
}

fn parts(entry: &Entry) -> Option<(&'static Instance, &CodecInterface, Data)> {
    match entry.loaded()? {
        (instance, Interface::Codec(codec), data) => Some((instance, codec, data)),
        _ => None,
    }
}

fn info(entry: &Entry, codec: &CodecInterface) -> CodecInfo {
    CodecInfo {
        name: entry.name.clone(),
        magic: codec.magic,
        version: codec.version.clone(),
        description: codec.description.clone(),
        throughput: codec.throughput,
        ratio: codec.ratio,
        plugin: entry.plugin.clone(),
    }
}

impl PluginCodec {
    fn failed(&self, message: String) -> ExtensionError {
        let (plugin, what) = (self.entry.plugin.clone(), format!("space.codec {}", self.entry.name));
        PluginError::Execution { plugin, what, source: CallError::Corrupt { message } }.into()
    }
}

impl Codec for PluginCodec {
    fn info(&self) -> &CodecInfo {
        &self.info
    }

    fn encode(&self, plain: Vec<u8>) -> Result<Vec<u8>, ExtensionError> {
        let Some((instance, codec, data)) = parts(&self.entry) else {
            return Err(self.failed("it is not loaded".into()));
        };
        let Some(encode) = codec.table.encode else { return Err(self.failed("it cannot encode".into())) };
        // What a codec makes longer by more than this it does not encode.
        let limit = plain.len() as u64 * 2 + (1 << 20);
        let mut guarded = Guarded::of(&self.manager, &self.entry, instance);
        guarded.input = plain.len();
        let coded = guarded.write(limit, move |call, sink| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { encode(data.0, call, plain.as_ptr(), plain.len(), sink) }
        })?;
        Ok(coded)
    }

    fn decode(&self, coded: Vec<u8>, plain_size: u64) -> Result<Vec<u8>, ExtensionError> {
        let Some((instance, codec, data)) = parts(&self.entry) else {
            return Err(self.failed("it is not loaded".into()));
        };
        if let Some(detect) = codec.table.detect {
            let head = &coded[..coded.len().min(64)];
            // SAFETY: the plugin has registered the function as what the point says.
            if unsafe { detect(data.0, head.as_ptr(), head.len()) } != abi::status::OK {
                return Err(self.failed("the codec does not know the bytes as its own".into()));
            }
        }
        let Some(decode) = codec.table.decode else { return Err(self.failed("it cannot decode".into())) };
        let mut guarded = Guarded::of(&self.manager, &self.entry, instance);
        guarded.input = coded.len();
        let plain = guarded.write(plain_size, move |call, sink| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { decode(data.0, call, coded.as_ptr(), coded.len(), plain_size, sink) }
        })?;
        if plain.len() as u64 != plain_size {
            return Err(self.failed(format!("it gave {} bytes instead of {plain_size}", plain.len())));
        }
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(name: &str, throughput: f64, ratio: f64) -> CodecInfo {
        CodecInfo {
            name: name.into(),
            magic: *b"CR\x01\x80",
            version: "1".into(),
            description: String::new(),
            throughput,
            ratio,
            plugin: "p".into(),
        }
    }

    /// CRUSH-20: speed counts more than size, and among equals the order stays.
    #[test]
    fn codecs_are_scored_by_speed_and_size() {
        let names =
            |infos: Vec<CodecInfo>| score(infos).into_iter().map(|info| info.name).collect::<Vec<_>>();
        assert_eq!(
            names(vec![codec("deflate", 50.0, 0.2), codec("zstd", 300.0, 0.18), codec("lz4", 600.0, 0.3)]),
            ["zstd", "lz4", "deflate"]
        );
        assert_eq!(names(vec![codec("a", 1.0, 0.5), codec("b", 1.0, 0.5)]), ["a", "b"]);
        assert_eq!(names(vec![]), [""; 0]);
    }
}
