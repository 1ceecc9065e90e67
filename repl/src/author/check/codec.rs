//! Whether bytes come back as they were encoded, and whether damaged ones are refused.

use std::sync::Arc;

use rps_plugin_host::Manager;
use rps_runtime::extension::{Codec, ExtensionError, Extensions};

use super::super::probe::Report;

/// Returns what a codec is tried with, with names.
pub(crate) fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let text = "{\"oid\": \"_0000000000000000000\", \"class\": \"point\", \"x\": 1.5, \"y\": [2, 3]}\n";
    vec![
        ("nothing", Vec::new()),
        ("a byte", vec![0x80]),
        ("text", text.repeat(500).into_bytes()),
        ("random bytes", random(64 << 10)),
        ("a megabyte of zeros", vec![0; 1 << 20]),
    ]
}

/// Returns bytes without a pattern, the same in each run: SplitMix64.
fn random(count: usize) -> Vec<u8> {
    let mut state = 0x5EED_u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(count).collect()
}

/// Returns whether an error is one of the plugin itself, not of what it was given.
pub(super) fn is_fault(code: &str) -> bool {
    ["plugin::panic", "plugin::timeout", "plugin::crashed", "plugin::faulted", "plugin::busy"].contains(&code)
}

/// Tries a codec out.
pub(super) fn examine(manager: &Manager, name: &str, report: &Report) {
    let what = format!("codec {name}");
    let Some(codec) = manager.codec_by_name(name) else {
        return report.error("plugin::not-found", &what, "nobody finds it by its name");
    };
    if manager.codec_by_magic(codec.info().magic).is_none() {
        report.error("plugin::not-found", &what, "nobody finds it by the first bytes of its frames");
    }
    let mut told = Vec::new();
    for (sample, plain) in samples() {
        report.step(&format!("{what}, {sample}"));
        match round_trip(&codec, &plain) {
            Ok(coded) => told.push(format!("{sample} {} → {coded} bytes", plain.len())),
            Err((code, message)) => return report.error(code, &what, format!("{sample}: {message}")),
        }
    }
    report.passed(&what, format!("bytes come back: {}", told.join(", ")));
    report.step(&format!("{what}, damaged"));
    match damaged(&codec) {
        Ok((0, tried)) => {
            let message =
                format!("it took {tried} damaged inputs without a word: only the frame's checksum helps");
            report.warning("plugin::accepts-damage", &what, message);
        }
        Ok((refused, tried)) => report.passed(&what, format!("refuses {refused} of {tried} damaged inputs")),
        Err((code, message)) => report.error(code, &what, message),
    }
}

type Problem = (&'static str, String);

fn round_trip(codec: &Arc<dyn Codec>, plain: &[u8]) -> Result<usize, Problem> {
    let said =
        |what: &'static str| move |error: ExtensionError| (error.code, format!("{what}: {}", error.message));
    let coded = codec.encode(plain.to_vec()).map_err(said("encoding"))?;
    let length = coded.len();
    let back = codec.decode(coded, plain.len() as u64).map_err(said("decoding"))?;
    if back != plain {
        let at = back.iter().zip(plain).take_while(|(a, b)| a == b).count();
        return Err(("plugin::lossy-codec", format!("what comes back differs from byte {at} on")));
    }
    Ok(length)
}

/// Returns how many damaged inputs were refused, and how many there were.
fn damaged(codec: &Arc<dyn Codec>) -> Result<(usize, usize), Problem> {
    let plain = samples().swap_remove(2).1;
    let said = |error: ExtensionError| (error.code, error.message);
    let coded = codec.encode(plain.clone()).map_err(said)?;
    let decode = |input: Vec<u8>| match codec.decode(input, plain.len() as u64) {
        Err(error) if is_fault(error.code) => {
            Err((error.code, format!("a damaged input: {}", error.message)))
        }
        result => Ok(result.is_err()),
    };
    // What is cut off can not give all bytes.
    for cut in [0, coded.len() / 2] {
        if !decode(coded[..cut].to_vec())? {
            let message = format!("it makes {} bytes of {cut} bytes that were cut off", plain.len());
            return Err(("plugin::accepts-damage", message));
        }
    }
    let mut inputs = vec![random(coded.len())];
    let places = 16.min(coded.len());
    inputs.extend((0..places).map(|n| {
        let mut changed = coded.clone();
        changed[n * coded.len() / places] ^= 1 << (n % 8);
        changed
    }));
    let tried = inputs.len();
    let mut refused = 0;
    for input in inputs {
        refused += usize::from(decode(input)?);
    }
    Ok((refused, tried))
}
