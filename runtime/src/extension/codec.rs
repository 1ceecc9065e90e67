//! Codecs of files: from bytes to fewer bytes, and back.

use super::ExtensionError;

/// A codec.
pub trait Codec: Send + Sync {
    /// Returns what is said of it.
    fn info(&self) -> &CodecInfo;

    /// Encodes bytes.
    ///
    /// # Errors
    ///
    /// Whatever keeps the codec from it, such as its time.
    fn encode(&self, plain: Vec<u8>) -> Result<Vec<u8>, ExtensionError>;

    /// Decodes bytes that have `plain_size` bytes when they are decoded; never gives more.
    ///
    /// # Errors
    ///
    /// When the bytes are damaged, or give more or fewer.
    fn decode(&self, coded: Vec<u8>, plain_size: u64) -> Result<Vec<u8>, ExtensionError>;
}

/// What is said of a codec.
#[derive(Clone, Debug, PartialEq)]
pub struct CodecInfo {
    /// Its name, such as `zstd`.
    pub name: String,
    /// What its frames begin with.
    pub magic: [u8; 4],
    /// The version of its format.
    pub version: String,
    /// What it is, in a line.
    pub description: String,
    /// How many megabytes it encodes in a second, about.
    pub throughput: f64,
    /// The size of what it gives to the size of what it is given, about.
    pub ratio: f64,
    /// The plugin that it belongs to.
    pub plugin: String,
}
