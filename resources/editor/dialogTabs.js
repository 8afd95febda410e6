// Sections of a long dialog, as tabs. A row says in data-section where it belongs; a row that does not is always seen.
(function () {
  /** Rows that are seen at a glance. */
  const FEW = 9;

  window.remasterSections = sections;
  // Every dialog that has sections brings this file: one of them is enough for the style of all.
  if ($('#remaster-sections-style').length === 0)
    $('<style id="remaster-sections-style">').text(STYLE()).appendTo('head');

  /**
   * `applies` says whether a row means something with what is chosen now. Answers with `update`, to be called when that
   * changes.
   */
  function sections(options) {
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
        if (!tab) return; // the last one was taken away
        if (form.find(document.activeElement).length > 0) document.activeElement.blur(); // so that what was typed is looked at
        current = tab.section;
        show();
      },
    });

    /** Rows of a section that mean something with what is chosen now. */
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

    /** A mistake is seen also while its section is not. */
    function mark() {
      options.sections.forEach(function (section) {
        const isWrong = rowsOf(section.id).find('.input-error').length > 0;
        $('#red-ui-tab-' + tabId(section.id)).toggleClass('remaster-section-wrong', isWrong);
      });
    }

    /** Sections that are empty now have no tab; few rows need none at all. */
    function update() {
      const wanted = options.sections.filter(function (section) {
        return rowsOf(section.id).length > 0;
      });
      const wasDivided = isDivided;
      isDivided =
        wanted.length > 1 &&
        rows.filter(function () {
          return options.applies($(this));
        }).length > FEW;
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
      const isThere = wanted.some(function (section) {
        return section.id === current;
      });
      if ((!isThere || !wasDivided) && wanted.length > 0) current = wanted[0].id;
      if (wanted.length > 0) tabs.activateTab(tabId(current));
      tabs.resize();
      show();
      mark();
    }

    // The editor marks what is wrong by a class, whenever it likes. The observer goes when the dialog does.
    new MutationObserver(mark).observe(form[0], { subtree: true, attributes: true, attributeFilter: ['class'] });
    update();
    return { update: update };
  }

  function STYLE() {
    return `
      .remaster-sections {
        margin-bottom: 14px;
      }
      /* what stands beside a field stays beside it, on as many lines as it needs */
      .form-row > span[data-i18n*='remaster-'][data-i18n*='.hint.'] {
        display: inline-block;
        vertical-align: middle;
        max-width: calc(100% - 210px);
      }
      .form-row > input[type='checkbox'] + span[data-i18n*='remaster-'][data-i18n*='.hint.'] {
        vertical-align: top;
        max-width: calc(100% - 130px);
      }
      .form-row > label + span[data-i18n*='remaster-'][data-i18n*='.hint.'] {
        max-width: calc(100% - 110px);
      }
      .remaster-section-wrong > a.red-ui-tab-label::after {
        content: ' !';
        color: var(--red-ui-text-color-error);
        font-weight: bold;
      }
    `;
  }
})();
