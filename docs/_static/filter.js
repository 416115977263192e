// Licensed under a 3-clause BSD style license - see LICENSE
// A field above each table of columns. A row stays if each word that is typed is part of the name of
// its column, or begins a word of the row. The address of the page keeps what is typed: ?q=flux
document.querySelectorAll("table.catalogue-columns").forEach((table) => {
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    name: row.cells[0].textContent.trim().toLowerCase(),
    words: row.textContent.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) || [],
  }));
  const address = new URL(location.href);
  // Until the page is loaded, "q" is hidden from Sphinx' search, which takes it for a question.
  history.replaceState(null, "", location.pathname + location.hash);
  window.addEventListener("load", () => history.replaceState(null, "", address));
  const label = document.createElement("label");
  label.className = "column-filter";
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "flux hilim _b";
  field.value = address.searchParams.get("q") || "";
  const count = document.createElement("output");
  const apply = () => {
    const typed = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach(({ row, name, words }) => {
      const stays = (one) => name.includes(one) || words.some((word) => word.startsWith(one));
      row.hidden = !typed.every(stays);
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = `${shown} of ${rows.length} columns`;
  };
  field.addEventListener("input", () => {
    apply();
    if (field.value.trim()) address.searchParams.set("q", field.value);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  });
  label.append("Show only columns with ", field, count);
  const box = table.closest(".pst-scrollable-table-container") || table;
  box.before(label);
  apply();
});
