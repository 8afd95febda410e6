// Tabs for long dialogs. data-section assigns a form row to a tab; rows without it are always visible.
(function () {
  /** A dialog with at most this many rows has no tabs. */
  const MAX_ROWS_WITHOUT_TABS = 9;

  window.remasterDialogTabs = createTabs;
  // Every node's HTML loads this file; the style is added once.
  if ($('#remaster-dialog-style').length === 0) $('<style id="remaster-dialog-style">').text(style()).appendTo('head');

  /**
   * `options.applies(row)` returns whether a row is relevant for the current selection. Call the returned `update` when the
   * selection changes.
   */
  function createTabs(options) {
    const form = $('#dialog-form');
    const bar = $('<ul>').attr('id', options.id);
    const rows = form.find('[data-section]');
    const place = $('<div class="form-row remaster-sections">').append(bar).insertBefore(rows.first());
    let current = options.sections[0].id;
    let isDivided = false;

    const tabId = function (section) {
      return options.id + '-' + section;
    };
    const tabs = RED.tabs.create({
      id: options.id,
      onchange: function (tab) {
        if (!tab) return; // the last tab was removed
        if (form.find(document.activeElement).length > 0) document.activeElement.blur(); // validates the field
        current = tab.section;
        show();
      },
    });

    /** Relevant rows of a section. */
    function rowsOf(section) {
      return rows.filter(function () {
        return $(this).attr('data-section') === section && options.applies($(this));
      });
    }

    function show() {
      rows.each(function () {
        const row = $(this);
        row.toggle(options.applies(row) && (!isDivided || row.attr('data-section') === current));
      });
    }

    /** Marks tabs that contain an invalid field. */
    function markInvalid() {
      options.sections.forEach(function (section) {
        const isInvalid = rowsOf(section.id).find('.input-error').length > 0;
        $('#red-ui-tab-' + tabId(section.id)).toggleClass('remaster-section-wrong', isInvalid);
      });
    }

    /** Removes tabs without relevant rows; removes all tabs if there are only a few rows. */
    function update() {
      const wanted = options.sections.filter(function (section) {
        return rowsOf(section.id).length > 0;
      });
      const wasDivided = isDivided;
      isDivided =
        wanted.length > 1 &&
        rows.filter(function () {
          return options.applies($(this));
        }).length > MAX_ROWS_WITHOUT_TABS;
      place.toggle(isDivided);
      options.sections.forEach(function (section) {
        const id = tabId(section.id);
        if (tabs.contains(id) && wanted.indexOf(section) < 0) tabs.removeTab(id);
      });
      wanted.forEach(function (section, index) {
        const id = tabId(section.id);
        if (tabs.contains(id)) return;
        tabs.addTab({ id: id, section: section.id, label: section.label }, index);
      });
      const isCurrentWanted = wanted.some(function (section) {
        return section.id === current;
      });
      if ((!isCurrentWanted || !wasDivided) && wanted.length > 0) current = wanted[0].id;
      if (wanted.length > 0) tabs.activateTab(tabId(current));
      tabs.resize();
      show();
      markInvalid();
    }

    // The editor marks invalid fields with a class, at any time. The observer ends with the dialog.
    new MutationObserver(markInvalid).observe(form[0], { subtree: true, attributes: true, attributeFilter: ['class'] });
    update();
    return { update: update };
  }

  function style() {
    return `
      .remaster-sections {
        margin-bottom: 14px;
      }
      /* wide enough for labels such as “Max. frame rate” */
      #dialog-form .form-row:has([data-i18n*='remaster-']) > label {
        width: 140px;
      }
      /* hints stay next to their field and wrap */
      .form-row > span[data-i18n*='remaster-'][data-i18n*='.hint.'] {
        display: inline-block;
        vertical-align: middle;
        max-width: calc(100% - 250px);
      }
      .form-row > input[type='checkbox'] + span[data-i18n*='remaster-'][data-i18n*='.hint.'] {
        vertical-align: top;
        max-width: calc(100% - 170px);
      }
      .form-row > label + span[data-i18n*='remaster-'][data-i18n*='.hint.'] {
        max-width: calc(100% - 150px);
      }
      .remaster-section-wrong > a.red-ui-tab-label::after {
        content: ' !';
        color: var(--red-ui-text-color-error);
        font-weight: bold;
      }
    `;
  }
})();
