//! Sizes: chunks, blocks, size classes.
//!
//! A *chunk* is 4 MiB, aligned to its size. Its first two blocks hold its header (mark bits, block table); the rest
//! are *blocks* of 32 KiB, each cut into cells of one size. A cell larger than [`MAX_SMALL`] gets blocks of its own,
//! and one larger than a chunk a mapping of its own.

/// Bytes of a chunk, and its alignment.
pub(crate) const CHUNK_BYTES: usize = 4 << 20;
/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 32 << 10;
/// Blocks of a chunk, the header's included.
pub(crate) const BLOCKS_PER_CHUNK: usize = CHUNK_BYTES / BLOCK_BYTES;
/// Blocks that the header of a chunk takes.
pub(crate) const HEADER_BLOCKS: usize = 2;
/// Every cell's size and address are multiples of this.
pub(crate) const GRAIN: usize = 16;
/// The largest cell that shares a block with others.
pub(crate) const MAX_SMALL: usize = 8192;

/// Cell sizes: steps of 16 up to 256, then at most 25 % apart, each fitting a block with little waste.
pub(crate) const CLASS_BYTES: [u32; 35] = [
    16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 320, 384, 448, 512, 640, 768,
    896, 1024, 1280, 1536, 1808, 2048, 2512, 3264, 3632, 4096, 5456, 6544, 8192,
];
/// Number of size classes.
pub(crate) const CLASSES: usize = CLASS_BYTES.len();

static CLASS_OF_GRAINS: [u8; MAX_SMALL / GRAIN + 1] = {
    let mut table = [0u8; MAX_SMALL / GRAIN + 1];
    let mut grains = 1;
    let mut class = 0;
    while grains <= MAX_SMALL / GRAIN {
        if grains * GRAIN > CLASS_BYTES[class] as usize {
            class += 1;
        }
        table[grains] = class as u8;
        grains += 1;
    }
    table
};

/// Returns the size class of cells of `bytes` bytes, at most [`MAX_SMALL`].
#[inline]
pub(crate) fn class_of(bytes: usize) -> usize {
    CLASS_OF_GRAINS[bytes.div_ceil(GRAIN)] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_fits_its_class_and_no_smaller_one() {
        for bytes in 1..=MAX_SMALL {
            let class = class_of(bytes);
            assert!(CLASS_BYTES[class] as usize >= bytes);
            assert!(class == 0 || (CLASS_BYTES[class - 1] as usize) < bytes);
        }
    }

    #[test]
    fn classes_are_grains_and_waste_little() {
        for pair in CLASS_BYTES.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for &bytes in &CLASS_BYTES {
            let bytes = bytes as usize;
            assert_eq!(bytes % GRAIN, 0);
            assert!(BLOCK_BYTES % bytes <= BLOCK_BYTES / 20, "{bytes} wastes {}", BLOCK_BYTES % bytes);
        }
    }
}
