//! What is around the records of a space file.

use std::io::{self, Write};

use rps_runtime::Oid;
use serde_json::Value;

use crate::format::FORMAT;
use crate::manifest::UnknownKeys;

/// What a space file says before its records.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceHeader {
    /// The name of the space.
    pub name: String,
    /// The object that stands for the space.
    pub oid: Oid,
    /// Keys of the file that this version does not know.
    pub unknown: UnknownKeys,
}

/// Writes a space file around records that come one after the other, sorted by oid.
///
/// ```
/// # use rps_persist::native::{SpaceFileWriter, SpaceHeader};
/// # use rps_runtime::Oid;
/// let header = SpaceHeader { name: "core".into(), oid: Oid::known("_8J6vNYtP5E800eCr5q"), unknown: Default::default() };
/// let mut file = SpaceFileWriter::begin(Vec::new(), &header)?;
/// file.record(b"{\"oid\":\"_006mAbXTG4G00QR5HS\",\"class\":\"_36I1BY2NetN03WjrOv\"\n}")?;
/// let bytes = file.finish()?;
/// assert!(bytes.starts_with(b"{\"format\":\"repersys-1\"\n,\"space\":"));
/// assert!(bytes.ends_with(b"\n}\n]}\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SpaceFileWriter<W> {
    out: W,
    records: u64,
}

impl<W: Write> SpaceFileWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn begin(mut out: W, header: &SpaceHeader) -> io::Result<Self> {
        let name = Value::from(header.name.as_str());
        write!(
            out,
            "{{\"format\":\"{FORMAT}\"\n,\"space\":{{\"name\":{name},\"oid\":\"{}\"}}\n",
            header.oid
        )?;
        for (key, value) in &header.unknown {
            writeln!(out, ",{}:{value}", Value::from(key.as_str()))?;
        }
        out.write_all(b",\"objects\":[")?;
        Ok(Self { out, records: 0 })
    }

    /// Writes a record, from its `{"oid":` to its closing `}` on a line of its own.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn record(&mut self, record: &[u8]) -> io::Result<()> {
        debug_assert!(
            record.starts_with(b"{\"oid\":\"_") && record.ends_with(b"\n}"),
            "the layout of a record"
        );
        self.out.write_all(if self.records == 0 { b"\n" } else { b",\n" })?;
        self.records += 1;
        self.out.write_all(record)
    }

    /// Returns how many records were written so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Writes the end, and returns the output.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"\n]}\n")?;
        Ok(self.out)
    }
}
