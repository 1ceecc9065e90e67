//! The patterns on an allocator whose cells are freed by hand.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;

use mimalloc::MiMalloc;

use super::{CELLS, DEPTH, RING, TABLE};

/// An allocator of cells.
pub(crate) trait Allocator: Sync {
    fn allocate(&self) -> NonNull<Cell>;
    fn free(&self, cell: NonNull<Cell>);
}

/// A cell as large as a tuple of two values.
pub(crate) struct Cell {
    _header: [u64; 2],
    left: Option<NonNull<Cell>>,
    right: Option<NonNull<Cell>>,
}

pub(crate) static SYSTEM: Peer<System> = Peer(System);
pub(crate) static MIMALLOC: Peer<MiMalloc> = Peer(MiMalloc);

/// One of the allocators.
pub(crate) struct Peer<A>(A);

impl<A: GlobalAlloc + Sync> Allocator for Peer<A> {
    fn allocate(&self) -> NonNull<Cell> {
        let layout = Layout::new::<Cell>();
        // SAFETY: the layout has a size.
        let cell = unsafe { self.0.alloc(layout) }.cast::<Cell>();
        let Some(cell) = NonNull::new(cell) else { std::alloc::handle_alloc_error(layout) };
        // SAFETY: the memory is fresh and of the layout of a cell.
        unsafe { cell.write(Cell { _header: [1, 2], left: None, right: None }) };
        cell
    }

    fn free(&self, cell: NonNull<Cell>) {
        // SAFETY: every cell comes from `allocate`, and is freed once, by whoever holds it.
        unsafe { self.0.dealloc(cell.as_ptr().cast(), Layout::new::<Cell>()) };
    }
}

/// The patterns of one allocator.
pub(crate) struct Patterns(&'static dyn Allocator);

impl Patterns {
    pub(crate) fn new(allocator: &'static dyn Allocator) -> Patterns {
        Patterns(allocator)
    }

    fn tree(&self, depth: u32) -> NonNull<Cell> {
        let mut cell = self.0.allocate();
        if depth > 0 {
            // SAFETY: the cell was just made, and nobody else has it.
            let cell = unsafe { cell.as_mut() };
            (cell.left, cell.right) = (Some(self.tree(depth - 1)), Some(self.tree(depth - 1)));
        }
        cell
    }

    fn drop_tree(&self, cell: NonNull<Cell>) {
        // SAFETY: the cell is alive until it is freed below.
        let (left, right) = unsafe { (cell.as_ref().left, cell.as_ref().right) };
        for child in [left, right].into_iter().flatten() {
            self.drop_tree(child);
        }
        self.0.free(cell);
    }

    fn replace_in(&self, places: usize, step: usize) {
        let mut table: Vec<Option<NonNull<Cell>>> = vec![None; places];
        let mut index = 0;
        for _ in 0..CELLS {
            index = (index + step) % places;
            if let Some(old) = table[index].replace(self.0.allocate()) {
                self.0.free(old);
            }
        }
        for cell in table.into_iter().flatten() {
            self.0.free(cell);
        }
    }
}

impl super::Patterns for Patterns {
    fn ring(&mut self) {
        self.replace_in(RING, 1);
    }

    fn trees(&mut self) {
        for _ in 0..CELLS >> (DEPTH + 1) {
            let tree = self.tree(DEPTH);
            self.drop_tree(tree);
        }
    }

    fn table(&mut self) {
        self.replace_in(TABLE, 7919);
    }
}
