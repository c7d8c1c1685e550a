// The newest lines are the last ones.
for (const lines of document.querySelectorAll(".lines")) lines.scrollTop = lines.scrollHeight;
