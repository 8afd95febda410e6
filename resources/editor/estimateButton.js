// “How long will it take?” in the dialog of “video in”: asks for the file that is named there, with the model and the steps of
// every “video upscale” node behind it, as they stand in the editor now.
(function () {
  const NAMED = ['str', 'env'];
  /** Nodes that are looked at behind one: flows may go in circles. */
  const MOST = 200;

  window.remasterForecast = function (node) {
    const _ = function (key, values) {
      return node._('remaster-in.forecast.' + key, values);
    };
    const button = $('#remaster-in-forecast');
    const answer = $('#remaster-in-expected').css({
      margin: '6px 0 0 105px',
      color: 'var(--red-ui-secondary-text-color)',
      overflowWrap: 'anywhere',
    });
    const example = $('#remaster-in-example');

    const isNamed = function () {
      const source = $('#node-input-source').val();
      return source === 'sample' || NAMED.indexOf($('#node-input-pathType').val()) >= 0;
    };
    const show = function () {
      example.toggle(!isNamed());
      answer.empty();
    };
    $('#node-input-source, #node-input-path').on('change', show);
    show();

    const say = function (text, isBad) {
      $('<div>')
        .text(text)
        .css('color', isBad ? 'var(--red-ui-text-color-error)' : '')
        .appendTo(answer);
    };

    button.on('click', function () {
      answer.empty();
      const film = filmOf();
      if (film.source !== 'sample' && !film.path.trim()) {
        example.trigger('focus');
        return say(_('noFile'));
      }
      const found = stagesBehind(node).map(workOf);
      const works = found.filter(Boolean);
      if (works.length === 0) return say(_(found.length === 0 ? 'noStage' : 'noModel'));
      button.prop('disabled', true).find('i').addClass('fa-spinner fa-spin');
      say(_('asking'));
      askAll(film, works).always(function () {
        button.prop('disabled', false).find('i').removeClass('fa-spinner fa-spin');
      });
    });

    function filmOf() {
      const value = function (field) {
        return $('#node-input-' + field).val();
      };
      const isTold = isNamed();
      /** A part that messages choose is not known: then it is the whole. */
      const time = function (field) {
        return value(field + 'Type') === 'str' ? value(field) : '';
      };
      return {
        node: node.id,
        source: value('source'),
        path: isTold ? value('path') : example.val(),
        pathType: isTold ? value('pathType') : 'str',
        trimStart: time('trimStart'),
        trimEnd: time('trimEnd'),
        sequenceRate: value('sequenceRate'),
        maxFps: value('maxFps'),
        maxHeight: value('maxHeight'),
      };
    }

    /** One after the other: each may try a model, and two at once would tell how slow two are. */
    function askAll(film, works) {
      const all = $.Deferred();
      const next = function (index) {
        if (index === works.length) return all.resolve();
        $.ajax({
          url: 'remaster/forecast',
          method: 'POST',
          contentType: 'application/json',
          data: JSON.stringify(Object.assign({}, film, { work: works[index] })),
        })
          .done(function (known) {
            if (index === 0) {
              answer.empty();
              say(filmWords(known));
            }
            if (known.seconds === null) return;
            const time = window.remasterWords.time(known.seconds);
            say(
              _(known.provider ? 'time' : 'seen', {
                time: time,
                model: known.model.split(/[\\/]/).pop(),
                provider: known.provider,
              }),
            );
          })
          .fail(function (xhr) {
            answer.empty();
            say(problem(xhr), true);
            all.resolve();
          })
          .done(function () {
            next(index + 1);
          });
      };
      next(0);
      return all;
    }

    function filmWords(film) {
      const { number, time } = window.remasterWords;
      const length = film.duration === null ? _('unknownLength') : time(film.duration);
      const fps = film.fps === null ? _('unknownFps') : _('fps', { fps: number(film.fps) });
      const words = _('film', { size: film.width + '×' + film.height, fps: fps, length: length });
      return film.seconds === null ? words + '. ' + _('endless') : words;
    }

    function problem(xhr) {
      const record = xhr.responseJSON;
      if (record && record.message) return record.message + ' ' + (record.remedy || '');
      return _(xhr.status === 401 || xhr.status === 403 ? 'denied' : 'unreachable');
    }
  };

  /** The video upscale nodes that get what this node sends, also by link nodes and junctions. */
  function stagesBehind(node) {
    const seen = new Set([node.id]);
    const queue = [node];
    const stages = [];
    while (queue.length > 0 && seen.size < MOST) {
      const one = queue.shift();
      const behind = RED.nodes.getNodeLinks(one.id, 0).map(function (link) {
        return link.target;
      });
      if (one.type === 'link out') behind.push(...(one.links || []).map((id) => RED.nodes.node(id)));
      behind.filter(Boolean).forEach(function (other) {
        if (seen.has(other.id) || other.d) return;
        seen.add(other.id);
        if (other.type === 'remaster-upscale') stages.push(other);
        else if (other.type !== 'remaster-in') queue.push(other);
      });
    }
    return stages;
  }

  /** Model and steps of a stage; null without a model. Steps that messages choose are taken as the model advises. */
  function workOf(stage) {
    const model = RED.nodes.node(stage.model);
    if (!model) return null;
    return {
      model: model.model,
      modelType: model.modelType,
      provider: model.provider,
      device: model.device,
      threads: model.threads,
      steps: stage.stepsType === 'num' ? stage.steps : '',
    };
  }
})();
